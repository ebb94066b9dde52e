#!/usr/bin/env python3
"""The labelled set is what it says: frozen templates unchanged, the same bytes from the seed, each
secret where its label points to, as Python's own mail parser and codecs read the mail; and the
bounds of the figures are those of the textbook.
"""
import collections
import email
import fractions
import math
import pathlib
import random
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import charsets
import figures
import generate
import scanning
import sources
import template
import values

CODECS = {"iso-2022-jp": "iso2022_jp_ext", "shift_jis": "cp932", "euc-jp": "euc_jp"}


def content(mail: bytes, number: str) -> bytes:
    part = email.message_from_bytes(mail)
    if part.is_multipart():
        for step in number.split("."):
            part = part.get_payload()[int(step) - 1]
    return part.get_payload(decode=True)


class Set(unittest.TestCase):
    def test_frozen_templates_are_as_they_were(self):
        self.assertEqual(template.changed_frozen(), [])

    def test_a_third_of_the_templates_is_frozen(self):
        sets = collections.Counter(t.set for t in template.load())
        self.assertGreaterEqual(3 * sets["frozen"], sets.total())

    def test_the_seed_gives_the_same_bytes(self):
        self.assertEqual(generate.checksums(), (template.HERE / "checksums").read_text())

    def test_has_every_charset_encoding_place_and_form(self):
        seen = collections.defaultdict(set)
        for _, _, facts in generate.mails(generate.EACH["small"]):
            for key in ("charset", "label", "encoding", "place", "form", "width"):
                seen[key].add(facts[key])
        self.assertEqual(seen, {
            "charset": set(charsets.LABELS), "label": {"right", "wrong", "missing"},
            "encoding": {"7bit", "8bit", "base64", "quoted-printable"}, "place": {"body", "quoted", "signature", "attachment"},
            "form": {"plain", "flowed", "delsp", "html", "both"}, "width": {"as-is", "half-kana", "wide-labels", "wide-secrets"}})

    def test_labels_point_to_the_secrets(self):
        checked = 0
        for _, mail, facts in generate.mails(generate.EACH["small"], sets=template.SETS + template.APART):
            self.assertEqual(bool(facts["secrets"]), facts["severity"] != "none", facts)
            if facts["charset"] not in ("utf-8", "us-ascii") or facts["form"] not in ("plain", "flowed"):
                continue
            for secret in facts["secrets"]:
                for number, begin, length in secret:
                    text = content(mail, number)
                    there = text[begin:begin + length].decode(facts["charset"])
                    self.assertEqual(there, there.strip("\n\r "), facts)
                    # Nothing of the secret is cut off: what stands around it is not more of it.
                    around = text[begin - 1:begin] + text[begin + length:begin + length + 1]
                    self.assertNotRegex(around.decode("utf-8", "replace"), "[A-Za-z0-9]{2}", facts)
                    checked += 1
        self.assertGreater(checked, 400)


class Charsets(unittest.TestCase):
    def test_reads_back_with_the_codecs_of_python(self):
        text = "パスワード：ﾊﾟｽ abc\r\n髙くない㈱は①番\r\nxyz".replace("髙", "高").replace("㈱", "社").replace("①", "一")
        for charset, codec in CODECS.items():
            data, offsets = charsets.encode(text, charset)
            self.assertEqual(data.decode(codec), text)
            self.assertEqual(len(offsets), len(text) + 1)
            self.assertEqual(data[offsets[text.index("abc")]:offsets[text.index("abc") + 3]], b"abc")

    def test_half_width_kana_and_its_marks(self):
        self.assertEqual(charsets.half_kana("パスワード、ヴァ"), "ﾊﾟｽﾜｰﾄﾞ、ｳﾞｧ")


class Figures(unittest.TestCase):
    def test_bounds_of_the_textbook(self):
        for events, trials, bound in ((0, 100, .0295130), (0, 1, .95), (1, 10, .3941633), (5, 10, .7775589), (9, 10, .9948838), (10, 10, 1.), (0, 0, 1.)):
            self.assertAlmostEqual(figures.at_most(events, trials), bound, 6)
        self.assertAlmostEqual(figures.at_most(3, 5703), .00136, 4)

    def test_bounds_against_whole_numbers(self):
        """At the bound, as few events as were seen come up once in twenty; and for none, the rule of three."""
        for events, trials in ((0, 6557), (6, 6557), (0, 30), (60, 900), (490, 600), (29, 30)):
            rate = fractions.Fraction(figures.at_most(events, trials)).limit_denominator(10 ** 9)
            seen = sum(math.comb(trials, k) * rate.numerator ** k * (rate.denominator - rate.numerator) ** (trials - k)
                       for k in range(events + 1))
            self.assertAlmostEqual(float(fractions.Fraction(seen, rate.denominator ** trials)), .05, 4)
        for trials in (300, 6557, 100000):
            self.assertAlmostEqual(figures.at_most(0, trials) * trials / 3, 1, delta=.01)

    def test_what_counts_as_found(self):
        def finding(part, offset, severity="high"):
            return {"part": part, "offset": offset, "length": 4, "severity": severity}

        def case(severity, *findings):
            places = [[("1", 10, 5), ("2", 20, 5)], [("1", 40, 5), ("2", 60, 5)]] if severity != "none" else []
            return scanning.Case("mail", "family", severity, secrets=places, findings=list(findings))

        self.assertEqual(scanning.secrets_found(case("high", finding("1", 10), finding("2", 63)), "high"), 2)
        self.assertEqual(scanning.secrets_found(case("high", finding("1", 6), finding("2", 10), finding("1", 45)), "high"), 0)
        self.assertEqual(scanning.secrets_found(case("high", finding("1", 10, "medium")), "high"), 0)
        whole = finding("1", 0) | {"length": 100}  # over both secrets: it stands for one, or for as many as it says
        for more, count in (({}, 1), ({"rows": 2}, 2), ({"rows": 9}, 2)):
            self.assertEqual(scanning.secrets_found(case("high", whole | more), "high"), count)
        self.assertEqual(scanning.secrets_found(case("high", whole, finding("1", 10)), "high"), 2)
        row = scanning.judge([case("high", finding("1", 12)), case("high"), case("medium", finding("1", 90)), case("none", finding("1", 0)),
                              case("none", finding("1", 0, "low")), case("none")], "high")
        self.assertEqual({key: row[key] for key in ("positives", "found", "secrets", "secrets_found", "negatives", "false_hits", "precision", "stray")},
                         {"positives": 2, "found": 1, "secrets": 4, "secrets_found": 1, "negatives": 3, "false_hits": 1, "precision": .5, "stray": 1})

    def test_check_digits(self):
        self.assertEqual(values.luhn("7992739871"), "3")
        self.assertEqual(values.ean("978030640615"), "7")
        self.assertEqual(values.my_number_check("12345678901"), "8")
        dice = random.Random(1)
        self.assertNotEqual(values.wrong(dice, "79927398713")[-1], "3")

    def test_lines_of_a_file(self):
        self.assertEqual(sources.line_spans(b"a\nbb\nc", "2", lambda line: line != b"a"), [("2", 2, 2), ("2", 5, 1)])


if __name__ == "__main__":
    unittest.main()
