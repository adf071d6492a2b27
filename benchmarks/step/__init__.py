"""What ``bench_step.py`` measures, and how."""
