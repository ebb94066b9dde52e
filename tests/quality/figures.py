"""Counts with what they allow to say: one-sided 95 % bounds after Clopper and Pearson.

`at_most(k, n)` is the largest true rate under which k or fewer of n would still be seen in one run of
twenty; for k = 0 that is 1 - 0.05^(1/n), about 3/n.
"""
import math


def at_most(events: int, trials: int, confidence: float = .95) -> float:
    """Upper bound of the rate of events; 1 where nothing was tried."""
    if trials == 0 or events >= trials:
        return 1.
    if events > trials // 2:  # from the other side: the same bound, fewer terms
        low, high = events / trials, 1.
    else:
        low, high = events / trials, min(1., (events + 3 + 4 * math.sqrt(events + 1)) / trials)

    def seen_so_few(rate):
        logs = math.log(rate), math.log1p(-rate)
        return sum(math.exp(math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1) + k * logs[0]
                            + (trials - k) * logs[1]) for k in range(events + 1))

    while high < 1 and seen_so_few(high) > 1 - confidence:
        high = min(1., high * 2)
    for _ in range(50):
        middle = (low + high) / 2
        if 0 < middle < 1 and seen_so_few(middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def per_cent(rate) -> str:
    return "-" if rate is None else f"{100 * rate:.2f}"


def ratio(part: int, whole: int):
    return part / whole if whole else None


def table(rows: list, columns: list) -> str:
    """Rows of dicts as aligned text: numbers to the right, rates in per cent."""
    def cell(row, key):
        value = row.get(key)
        return per_cent(value) if isinstance(value, float) or value is None else f"{value:,}" if isinstance(value, int) else str(value)
    cells = [[title for title, _ in columns]] + [[cell(row, key) for _, key in columns] for row in rows]
    widths = [max(len(line[n]) for line in cells) for n in range(len(columns))]
    return "\n".join("  ".join(text.ljust(width) if n == 0 else text.rjust(width) for n, (text, width) in enumerate(zip(line, widths)))
                     for line in cells)
