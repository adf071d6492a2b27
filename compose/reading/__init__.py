"""What people read off a finished graph: explanations, comparisons, drawings. Nothing below knows it.

``explore`` types a spec as far as it goes and keeps the mistakes; ``explanation`` and ``resolved`` answer questions on
that.

- ``diff``: ``spec_parts`` takes two specs apart, ``colours``, ``similar`` and ``matching`` pair their names by
  structure, ``meaning`` numbers what graphs compute (by value), ``changes``, ``wiring``, ``settings`` and
  ``consequences`` say what is left, ``phrases`` in words.
- ``drawing``: ``build`` makes a ``picture`` (plain data), ``layered`` lays it out (``ranks``: which layer, ``order``,
  ``coordinates``, ``curves``), ``tags`` stand for what many read, ``pages`` fits a page; ``svg``, ``html``,
  ``mermaid`` write it, ``printed`` as PDF or PNG.
"""
