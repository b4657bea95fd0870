"""Names of the simulated customers, in several languages, and names that mean harm."""

from __future__ import annotations

# Given names and family names of one language each.
LANGUAGES = (
    (
        ("Anna", "Åsa", "Björn", "Elin", "Göran", "Karin", "Lars", "Örjan"),
        ("Andersson", "Åkesson", "Björk", "Lindqvist", "Nyström", "Öberg", "von Essen"),
    ),
    (
        ("Ann", "George", "Jean-Luc", "Mary", "Siobhán", "Tom"),
        ("Smith", "O'Brien", "Taylor-Jones", "McDonald", "Null", "Wright"),
    ),
    (
        ("Aino", "Jyrki", "Päivi", "Ville", "Väinö"),
        ("Hämäläinen", "Korhonen", "Mäkelä", "Niemi", "Yli-Kärppä"),
    ),
    (
        ("Bjørn", "Ingrid", "Kåre", "Søren", "Tuva"),
        ("Bråten", "Kjær", "Møller", "Nygård", "Østergaard"),
    ),
    (
        ("Anneliese", "Friedrich", "Jürgen", "Käthe", "Şule"),
        ("Groß", "Köhler", "Müller", "Schäfer", "Yildiz", "zu Weißenburg"),
    ),
    (
        ("Agnieszka", "Łukasz", "Małgorzata", "Zbigniew"),
        ("Dąbrowski", "Kowalczyk", "Wiśniewska", "Żak"),
    ),
    (
        ("Nur Aisyah", "Siti", "Tan Wei", "Rajesh"),
        ("binti Rahman", "a/l Kumar", "Ling", "bin Abdullah"),
    ),
    (("小明", "美玲", "伟"), ("王", "陈", "林")),
    (("ნინო", "გიორგი", "თამარ"), ("ბერიძე", "კაპანაძე", "მაისურაძე")),
    (("أحمد", "فاطمة", "ليلى"), ("الحسن", "منصور", "حداد")),
)

# What people and machines have written where a name belongs.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "Robert'); DROP TABLE errand;--",
    '=HYPERLINK("http://prize.example","click")',
    "{{7*7}} ${7*7} {score} %s %(name)s",
    "Ann\r\nBcc: everybody@customer.example",
    "\u202etxt.exe\u202c",
    "../../etc/passwd",
    "Z̸̡͓̠̰͉a̵l̷g̶o̵",
    "N" * 400,
    "   ",
)
