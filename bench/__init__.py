"""Benchmarks: `python3 dev.py bench [NAME …]`. Each puts our side beside its floor in one run; ratios count."""
