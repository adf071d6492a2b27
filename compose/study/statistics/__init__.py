"""What reviewers ask for, of scores that each run has one of in each task. NumPy alone; no torch, no SciPy.

``scores`` are runs by task, and what is left out of them; ``aggregates`` IQM, mean, median and optimality gap;
``improvement`` the probability of improvement; ``profiles`` performance profiles; ``bootstrap`` the intervals of all;
``normalise`` the two ways of making returns of several tasks comparable.

Sources: Agarwal et al., Deep Reinforcement Learning at the Edge of the Statistical Precipice (NeurIPS 2021); Gorsane et
al., Towards a Standardised Performance Evaluation Protocol for Cooperative MARL (NeurIPS 2022).
"""
