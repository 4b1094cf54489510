"""Whether the processor time of a call grows no faster than what it reads."""

import time


def processor_time(call):
    """The least processor time of three calls, in seconds: what else the process does can only add to it."""
    costs = []
    for _ in range(3):
        started = time.process_time()
        call()
        costs.append(time.process_time() - started)
        if costs[-1] < 0.05:
            break
    return min(costs)


def grows_linearly(what, prepared, size):
    """Fail when a call takes much more than eight times as long for eight times as much; ``prepared(size)`` is the call."""
    few, many = (processor_time(prepared(length)) for length in (size // 8, size))
    assert many < 0.05 or many < 8 * 3 * max(few, 0.01), f"{what}: {few} s for an eighth, {many} s for all"
