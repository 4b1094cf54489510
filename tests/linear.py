"""Whether the processor time of a call grows no faster than what it reads."""

import time

LITTLE = 0.05  # seconds that are not told from the noise of the machine


def processor_time(call):
    started = time.process_time()
    call()
    return time.process_time() - started


def least(call):
    """The least processor time of three calls, in seconds: what else the process does can only add to it."""
    costs = []
    for _ in range(3):
        costs.append(processor_time(call))
        if costs[-1] < LITTLE:
            break
    return min(costs)


def grows_linearly(what, prepared, size):
    """Fail when a call takes much more than eight times as long for eight times as much; ``prepared(size)`` is the call.

    The long call is repeated only when it took too long.
    """
    call = prepared(size)
    if (many := processor_time(call)) >= LITTLE:
        most = 8 * 3 * max(least(prepared(size // 8)), 0.01)
        many = many if many < most else least(call)
        assert many < max(most, LITTLE), f"{what}: {most / 24} s for an eighth, {many} s for all"
