"""Text whose charset is declared, declared wrongly, or not declared at all."""

from __future__ import annotations

import time

import pytest

from schemas.text.charset import codec_of, decode, decode_html

SWEDISH = "Räkningen för mars är på 1 250 kr, 5 € tack"
JAPANESE = "お世話になっております。㈱見本①の℡ 髙"
RUSSIAN = "Здравствуйте, где мой заказ?"
BAD = "\N{REPLACEMENT CHARACTER}"
LATIN = ["windows-1252", "iso-8859-1", "iso-8859-15", "iso-8859-2", "cp850", "macintosh"]
OTHERS = ["koi8-r", "windows-1251", "tis-620", "gb2312", "big5", "euc-kr", "shift_jis", "euc-jp"]


@pytest.mark.parametrize("text", [SWEDISH, RUSSIAN, "å", "Räk", "您好", "😤"])
@pytest.mark.parametrize("label", ["", "us-ascii", "x-invented", "unicode", "utf-16", *LATIN])
def test_letters_that_decode_as_utf8_are_utf8_whatever_latin_charset_is_declared(label, text):
    assert decode(text.encode(), label) == text


@pytest.mark.parametrize("text", [SWEDISH, RUSSIAN, "Räk", "您好 5"])
@pytest.mark.parametrize("label", OTHERS)
def test_letters_that_decode_as_utf8_are_utf8_whatever_other_charset_is_declared(label, text):
    assert decode(text.encode(), label) == text


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [("gb2312", "gb2312", "目"), ("tis-620", "cp874", "ยก"), ("euc-kr", "euc-kr", "짜")],
)
def test_few_letters_of_a_declared_charset_are_not_utf8_by_chance(label, codec, text):
    assert text.encode(codec).decode("utf-8") != text

    assert decode(text.encode(codec), label) == text


@pytest.mark.parametrize("label", ["", "utf-8", "us-ascii", "windows-1252", "iso-8859-1", "x"])
@pytest.mark.parametrize("wrong", [b"\xe9", b"\xc3", b"\xff", b"\xe2\x80", b"\x81"])
def test_a_wrong_byte_among_utf8_is_replaced_alone(label, wrong):
    assert decode(SWEDISH.encode() + wrong, label) == SWEDISH + BAD
    assert decode(wrong + b" " + SWEDISH.encode(), label) == f"{BAD} {SWEDISH}"


@pytest.mark.parametrize("byte", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
def test_a_free_byte_of_windows_1252_is_a_control_character(byte):
    content = "smörgås".encode("latin-1") + bytes([byte])

    assert decode(content, "iso-8859-1") == f"smörgås{chr(byte)}"


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("shift_jis", "cp932", JAPANESE),
        ("windows-31j", "cp932", JAPANESE),
        ("x-sjis", "cp932", JAPANESE),
        ("euc-kr", "cp949", "안녕하세요 똠방"),
        ("ks_c_5601-1987", "cp949", "안녕하세요 똠방"),
        ("windows-949", "cp949", "안녕하세요 똠방"),
        ("gb2312", "gb18030", "朱镕基€𠮷"),
        ("cp936", "gb18030", "朱镕基€"),
        ("big5", "big5hkscs", "啫喱嘅碁"),
        ("big5", "cp950", "你好€"),
        ("iso-8859-1", "cp1252", "“€”"),
        ("us-ascii", "cp1252", "“€”"),
        ("iso-8859-9", "cp1254", "“İstanbul”"),
        ("tis-620", "cp874", "“ขอบคุณ”"),
        ("iso-8859-11", "cp874", "“ขอบคุณ”"),
        ("iso-8859-8-i", "iso8859-8", "שלום"),
        ("hz-gb-2312", "hz", "您好世界"),
        ("iso-2022-kr", "iso2022_kr", "안녕"),
        ("utf-7", "utf-7", "Räkning"),
    ],
)
def test_a_charset_is_decoded_as_the_superset_that_programs_mean(label, codec, text):
    assert decode(text.encode(codec), label) == text


def test_euc_jp_has_the_letters_of_vendors_and_of_all_its_sets():
    content = b"\xa4\xaa\xad\xa1\xad\xea\x8e\xb1\x8f\xb0\xa1 a"

    assert decode(content, "euc-jp") == "お①㈱ｱ丂 a"


@pytest.mark.parametrize("label", ["iso-2022-jp", "", "us-ascii", "utf-8", "iso-8859-1"])
@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\x1b$B$*@$OC\x1b(B ok", "お世話 ok"),
        (b"\x1b$B-!-j\x1b(J 03 \x1b(I1\x1b(B", "①㈱ 03 ｱ"),
        (b"\x1b$@$*\x1b(B\x1b$(D0!\x1b(B", "お丂"),
        (b"\x1b$B$*\n$*", "お\nお"),
        (b"\x1b$B$*$", f"お{BAD}"),
        (b"\x1b$(D0!0", f"丂{BAD}"),
        (b"\x1b$(O$*$", f"お{BAD}"),
        (b"\x1b$(Q$*\x1b(B ok", "お ok"),
    ],
)
def test_escape_sequences_of_iso_2022_jp_are_recognised(label, content, text):
    assert decode(content, label) == text


@pytest.mark.parametrize("label", ["utf-16", "utf-16le", "utf-16be", "utf-32", "unicode"])
@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"Where is my order?", "Where is my order?"),
        ("smörgås är".encode("latin-1"), "smörgås är"),
        (b"", ""),
    ],
)
def test_bytes_of_one_letter_each_are_not_utf16_because_it_is_declared(label, content, text):
    assert decode(content, label) == text


@pytest.mark.parametrize("codec", ["utf-32-le", "utf-32-be"])
def test_utf32_is_read_in_the_order_of_its_bytes(codec):
    assert decode("hej å".encode(codec), "utf-32") == "hej å"


def test_half_width_katakana_of_eight_bits_among_escape_sequences_are_japanese():
    assert decode(b"\x1b$B$*@$OC\x1b(B \xb1\xb2", "") == "お世話 ｱｲ"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["hej å\n", "您好 ok\n", "您好1一个2"])
def test_utf16_is_read_in_the_order_of_its_bytes(codec, text):
    assert decode(text.encode(codec), "utf-16") == text


def test_utf16_without_a_zero_byte_is_read_as_declared():
    assert decode("您好我的订单还没到".encode("utf-16-be"), "utf-16be") == "您好我的订单还没到"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("cp-850", "cp850"), ("IBM-850", "cp850"), ("cp_850", "cp850"), ("850", "cp850"),
        ("win-1251", "cp1251"), ("1251", "cp1251"), ("x-mac-roman", "mac-roman"),
        ("'UTF8 '", "utf-8"), ("utf-8*sv", "utf-8"), ("utf-8;", "utf-8"), ("utf8mb4", "utf-8"),
        ("latin-1", "cp1252"), ("8859-15", "iso8859-15"), ("iso8859_2", "iso8859-2"),
        ("cp50220", "iso2022_jp"), ("eucJP-ms", "euc_jp"), ("ms936", "gb18030"),
        ("", ""), ("us-ascii", ""), ("unknown-8bit", ""), ("punycode", ""), ("idna", ""),
        ("hex", ""), ("base64", ""), ("rot13", ""), ("unicode-escape", ""), ("undefined", ""),
        ("a\0b", ""), ("\udc80", ""), ("å", ""), ("x" * 1000, ""), ("../secret", ""),
    ],
)  # fmt: skip
def test_a_label_names_a_charset_or_counts_as_none(label, codec):
    assert codec_of(label) == codec


@pytest.mark.parametrize("codec", ["koi8-r", "koi8-u", "cp1251", "cp866"])
def test_text_that_is_mostly_beyond_ascii_is_decoded_by_its_likely_charset(codec):
    assert decode(RUSSIAN.encode(codec), "") == RUSSIAN
    assert decode(RUSSIAN.encode(codec), "us-ascii") == RUSSIAN


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp932", JAPANESE),
        ("euc_jp", "商品について"),
        ("gb18030", "您好我的订单还没到"),
        ("cp949", "주문 문의"),
        ("big5", "你好我的訂單還沒到"),
        ("cp1253", "Καλημέρα, πού είναι"),
        ("cp1255", "שלום, איפה"),
        ("cp1256", "مرحبا أين طلبي"),
        ("cp874", "สวัสดี ขอบคุณ"),
    ],
)
def test_no_declared_charset_is_needed_for_scripts_other_than_latin(codec, text):
    assert decode(text.encode(codec)) == text


@pytest.mark.parametrize("text", ["smörgås", "ÅÄÖ", "Où êtes-vous été à Noël?", "Grüße", "gå"])
def test_latin_text_without_a_charset_is_windows_1252(text):
    """Which Latin charset it is cannot be said from some letters, and this is the usual one."""
    assert decode(text.encode("cp1252")) == text
    assert decode(text.encode("cp1252"), "utf-8") == text


@pytest.mark.parametrize(
    "meta",
    [
        '<meta charset="windows-1251">',
        "<META charset=windows-1251 />",
        "<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>",
        '<meta name=x>\n<meta content="text/html; charset = cp1251" http-equiv="x">',
    ],
)
@pytest.mark.parametrize("label", ["", "us-ascii", "x-invented"])
def test_the_charset_that_html_declares_counts_where_its_mail_declares_none(label, meta):
    assert decode_html(meta.encode() + "Да".encode("cp1251"), label) == f"{meta}Да"


def test_the_charset_of_the_mail_counts_more_than_that_of_its_html():
    content = b"<meta charset=koi8-r>" + "Да".encode("cp1251")

    assert decode_html(content, "windows-1251").endswith("Да")


def test_html_that_says_it_is_utf16_is_utf8_since_its_declaration_could_be_read():
    assert decode_html("<meta charset=utf-16>å".encode()) == "<meta charset=utf-16>å"


@pytest.mark.slow
@pytest.mark.parametrize("label", ["", "utf-8", "euc-jp", "big5", "gb2312", "cp1252", "utf-16"])
@pytest.mark.parametrize(
    "piece",
    [b"\xe4", b"\x81", b"\xff", b"\x1b$B", b"\x1b", b"\x8f\xa1", b"<meta ", b"\xc3\xa4\xff"],
)
def test_no_bytes_fail_or_take_more_than_some_seconds_per_mebibyte(label, piece):
    content = piece * (256 * 1024 // len(piece))
    begun = time.process_time()

    assert isinstance(decode_html(content, label), str)

    assert time.process_time() - begun < 1


@pytest.mark.parametrize("row", [0xB0, 0xB1, 0xCD, 0xCE, 0xD0, 0xDF, 0xE0, 0xF3])
def test_every_cell_of_a_row_of_kanji_is_read_from_euc_jp(row):
    content = b"".join(bytes([row, cell]) for cell in range(0xA1, 0xFF))

    assert decode(content, "euc-jp") == content.decode("euc_jp")
