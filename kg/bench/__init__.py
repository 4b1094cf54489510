"""Benchmarks: tasks on the packaged graph, and questions on synthetic evidence of any size, in comparison with other engines."""
