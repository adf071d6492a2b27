"""The flat graph as programs of torch: ``act`` for one step, ``learn`` for whole episodes.

``interpret`` computes the graph with tensors aligned by axis name; ``trace`` runs the same on ``torch.fx`` proxies, so
that a program is straight-line code of weights, fields, draws, state and params. ``model`` is a torch module of the
weights (``named``; ``weights``: shapes, first values, lagged copies) that runs ``programs``; ``draws`` makes random
inputs, ``statistics`` what nodes remember, ``batch`` looks at what it is given.

- On the way ``learn`` is optimised: ``lower`` writes it as ``terms``, ``passes`` rewrite them, ``emit`` computes them
  on the same proxies. ``plan`` lists the steps and rows of a batch that count; ``parts`` is how a block is taken
  apart. Axes of the compiler's own have a blank in their names (``step row``). docs/compiler.md explains each pass.
- ``recording`` cuts a step of a training at the choice of actions: what acting keeps, and what is noted after it.
- ``unroll`` computes a loop over whole episodes, ``native`` is torch.compile, ``placed`` traces anew what moved to a
  device.
- ``contract`` attacks what blocks declare, ``numeric`` what is proved; ``pass_costs`` measures passes.
- ``export`` writes acting down for others: ``record``, ``simplify``, ``counts`` (free numbers of agents), the printer,
  then ``write``, ``torch_export``, ``onnx``, each compared by ``parity`` before a file appears. ``tensordict_losses``
  and ``tensordict_acting`` are for TorchRL.
"""
