"""The parts of `tests.benchmarks.killed`: what is done before, the acts, where they are killed, and the look after."""
