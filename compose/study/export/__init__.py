"""Evaluations of runs as files for other tools: ``marl_eval`` its JSON, ``table`` a CSV with a row for each episode."""
