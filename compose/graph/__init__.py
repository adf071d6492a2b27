"""Names of a spec become typed values in a flat graph, and ``proofs`` are read off it.

``build`` drives it: ``elaborate`` holds the state and collects mistakes, ``scope`` makes values of the nodes of one
body on demand, ``placing`` puts one node in, ``ports`` and ``match`` fit what arrives, ``apply`` enters networks,
``presence`` wires who is present, ``losses`` and ``average`` reduce.

- ``graph.Graph`` is the result: every application of a network stands under its own path (``q.a``), its weights under
  the network's name (``utility.a.query``), so applications share them. A ``node`` is plain data.
- ``sizes`` knows how long axes are and who on them may be absent, ``align`` how tensors are laid out, ``structure``
  and ``functions`` are operations that are no blocks, ``loops`` finds cycles and refuses those that no delay opens.
- ``later``, ``learning``, ``recording`` and ``readers`` refuse what a training would; ``blame`` finds a child's part in
  a mistake that shows in an ancestor. ``schema`` is what an environment offers, ``typed_spec`` a spec in one, however
  named.
"""
