"""YAML to frozen Pydantic models that know where every value was written.

The way of a file: ``source`` reads YAML with places, ``extends``, ``merge`` and ``overrides`` bring ancestors and
``--set`` together, ``resolve`` ties these into one document, ``models``, ``nodes`` and ``values`` are its form,
``load`` ties all together.

- Form: ``acting``, ``learning``, ``optimizers``, ``starting`` and ``moving`` (schedules; ``schedules`` gives their
  values) have one model for each kind, with the fields that this kind reads. ``role`` is what a place of a spec is
  (noun, open, tags), on the fields of the models; ``roles``, ``places``, ``merge``, messages and schemas derive from
  it. ``json_schema`` is the same as JSON Schema.
- Expressions: ``expressions`` parses, ``functions`` is the table of what they call. Python evaluates none.
- Computations: ``operation`` and ``block`` are what one must declare about itself (``facts``: as data),
  ``operation_context`` what it may ask for, ``registry`` all blocks by tag.
- Mistakes: ``diagnostics`` (and "did you mean"), ``excerpt`` draws the caret, ``validation_messages`` words mistakes
  of form, ``slips`` and ``symbols`` know what other projects call things.
- Python side: ``builder`` (``blocks``, ``networks``, ``sections``), ``anything`` for what people pass as a spec;
  ``dump`` and ``write`` go back to YAML, ``provenance`` says who set a value, ``identity`` hashes. ``media`` takes
  users' text into every other language.
"""
