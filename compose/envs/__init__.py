"""Environments, one folder each: ``settings`` and ``family`` (data, no torch) and ``environment``.

``interface`` is what one is, ``catalogue`` reads names and ``options``, ``families`` knows who there is, ``plugins``
finds those of others.

- ``starcraft`` is what StarCraft-like ones share: units, scenarios, terrains, schemas, views; ``skirmish`` is the
  simulator of ours.
- ``adapters`` bring other APIs to ours; ``guard`` looks at what an environment gives in earnest; ``conformance`` plays
  any one, a property a file; ``pictures`` draws films of what cameras say; ``speed`` measures.
"""
