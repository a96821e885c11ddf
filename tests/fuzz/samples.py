"""Pieces of inputs by parser: seeds, the words that edits insert, and grammars."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tests.fuzz.edits import Grammar

_RECORD = {
    "id": "a-b", "text": "It rains.", "conflict": "the-strait", "issues": ["transit", "patrols"],
    "measure": {"scale": "depth", "op": "le", "value": 2.5}, "readings": None,
    "doubts": [{"field": "text", "kind": "wording", "text": "Is it so?"}],
}  # fmt: skip
_LINE = json.dumps({"noun": "propositions", "record": _RECORD}).encode()
_KEYS = b",".join(b'"k%d":1' % n for n in range(201))
_ODD = (b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", "é€😀".encode(), b" ", b"\n", b"\r\n",
        b"\t")  # fmt: skip
_JSON_WORDS = (
    *_ODD, b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b'"a":1,', b'"text":2,', b"[]", b"{}",
    b"null", b"true", b"1e400", b"-0", b"9" * 30, b"\\u0000", b"\\\\u0000", b"\\u003a", b"\\ud800",
    b"[" * 40, b"]" * 40, b'{"a":' * 33, b'"_schema":1,', b'"noun":"actors",', b'"retract":"a"',
    b"," + _KEYS, b"[" * 50_001,
)  # fmt: skip
_DATES = (
    b"2023-03-31", b"2023-03", b"2023", b"2022?", b"201X", b"2022/2023-03", b"../2023-24",
    b"/2023", b"2023/..", b"20XX", b"2023-XX-XX", b"2022-21~", b"9999-24", b"0000-01-01",
    b"2023-02-30", b"2023/2022", b"../..", b"2023-13", b"2023-02-31?", b"0000",
    b"2023-05-03T00:00:00Z", b"2023-05-03t23:59:59.1234567+05:30",
)  # fmt: skip
_TAG = b'"' + b"0a" * 16 + b'"'
_KNOWN = b"a1" * 16

SEEDS: Mapping[str, Sequence[bytes]] = {
    "JSON": (
        json.dumps(_RECORD).encode(), b'{"a":{"b":[1,2,{"c":"d"}]}}', b'["a\\u0301",1.5e3,null]',
        b"[" * 33 + b"]" * 33, b"{" + _KEYS + b"}", b'{"a":1,"a":2}', b'{"a\\u003a":1}',
    ),
    "NDJSON": (
        _LINE, _LINE + b"\n" + _LINE, b'{"noun":"actors","retract":"a-b"}\n', b"{}\n[]\n1\n",
        b'{"noun":"actors","record":{"name":"Norland","kind":"state"}}\n', b"{\n" * 102,
        b'{"noun":"actors","retract":5}\n{"noun":"no","record":{}}\n',
    ),
    "CSV": (
        b"id,text,conflict,issues,measure_value\r\na,It rains.,the-strait,a|b,2.5\r\n",
        b"id;text;conflict\na;It rains.;the-strait\n", b"sep=\t\ntext\tconflict\na\tthe-strait\n",
        b'\xef\xbb\xbftext,doubts\n"\'=1",[]\n', b'text,doubts\n"a\nb","[{""field"":""text""}]"\n',
        b"+holder,force,negated,proposition,evidence\nnorland,demand,true,passage,said\n",
        b"+id,holder,revision\na,b,1\n", b"sep=x\na", b"text,,text\n1,2,3\n", b"a" * 1_000,
        b"text,conflict,measure_scale,measure_op,measure_value\na,b,c,le,1e9\n",
        b"+responds_to_proposal,under\nplan,[1]\n", b"text\n" + b"a\n" * 102,
    ),
    "EDTF": _DATES,
    "cursor": (
        b'[5,"2024-01-01","0123456789abcdef",["2024-03-05",7]]', b'[5,"any","q",[7]]', b"[]",
        b'[5,"any","q",[]]', b'[9007199254740992,"any","q",[1]]', b'[1,"any",2,[1]]', b"!abc",
        b'[1,"any","q",["a","b",1]]', b'[1,"any","q",[1,1]]', b'[1,["any"],"q",[1]]',
    ),
    "filter": (
        b"holder=norland,sudmark&limit=5", b"attested_on_gte=2023&sort=-attested_on",
        b"valid_at=2023-01-01&known_at=1", b"known_at=2023-05-03T00:00:00Z&valid_at=any",
        b"format=csv&columns=id,holder", b"q=truce+%22no-fly+zone%22+-peace*&noun=positions",
        b"q=a&sort=relevance&conflict=the-strait", b"holder=a&through=parts", b"negated=true",
        b"through=members", b"cursor=abc&limit=1001", b"limit=0", b"columns=holdr",
        b"@expand=positions&valid_at=any", b"@valid_at=any", b"@expand=positions&format=csv",
        b"@expand=positions&limit=51", b"@name=a", b".format=csv&holder=a", b".format=json",
        b"id=a&expand=evidence", b"evidence=a&expand=evidence&limit=51",
    ),
    "If-Match": (
        _TAG, b"*", b"W/" + _TAG, b'"a", ' + _TAG, _TAG + b"," + _TAG, b"0a" * 16, b" ",
    ),
    "Range": (
        b"Range: bytes=0-9", b"Range: bytes=5-", b"Range: bytes=-5", b"Range: bytes=0-1,5-6",
        b"Range: bytes=5000-", b"Range: lines=1-2", b"Range: bytes=9-1", b"Range: bytes",
        b'Range: bytes=0-9\nIf-Range: "' + _KNOWN + b'"', b'If-None-Match: "' + _KNOWN + b'"',
        b'If-None-Match: "' + _KNOWN + b':gzip"\nAccept-Encoding: gzip', b"Accept: a",
        b"Accept-Encoding: gzip;q=0, br\nIf-None-Match: *\nRange: bytes=1-1",
    ),
}  # fmt: skip

WORDS: Mapping[str, Sequence[bytes]] = {
    "JSON": _JSON_WORDS,
    "NDJSON": (*_JSON_WORDS, _LINE, b'{"noun":"actors","retract":"x"}\n', b"{}\n" * 60,
               b"\n" * 100_000),
    "CSV": (
        *_ODD, b",", b";", b"|", b"&", b'"', b'""', b"'=", b"[", b"[]", b"{}", b"true", b"1e400",
        b"sep=;\n", b"text", b"doubts", b"id", b"negated", b"measure_value", b"label", b"a,b\n",
        b"," * 201,
    ),
    "EDTF": (b"-", b"/", b"X", b"?", b"~", b"%", b"..", b"0", b"1", b"9", *_ODD, *_DATES),
    "cursor": (*_JSON_WORDS, b"1", b'"any"', b'["a",1]', b"-1", b"9" * 17, b"1.5", b"!", b"=",
               b"-_+/"),
    "filter": (
        *_ODD, b"&", b"=", b",", b"%", b"%00", b"%ff", b"%22", b"+", b"*", b"-", b"holder=",
        b"id=a&", b"q=", b"limit=", b"limt=1", b"negated=true", b"sort=x", b"!", b"a" * 201,
        b"a," * 201, b"known_at=", b"2023-05-03T00:00:00+25:00", b"_schema=1", b"&a=b" * 201,
        b"9" * 16, b"a" * 8_000, *_DATES,
    ),
    "If-Match": (_TAG, b"*", b"W/", b'"', b",", b":gzip", b"0a" * 16, b"-" + b"1" * 32, b" ",
                 b"\t", b"\xff", b"\0", b"0", b"f", b"g"),
    "Range": (
        b"-", b"=", b",", b"0", b"9" * 20, b"9" * 5_000, b" ", b"bytes", b";", b"W/", b'"', b"\n",
        b"\nRange: bytes=1-2", b"\nIf-Range: x", b"\nIf-Range: Wed, 21 Oct 2015 07:28:00 GMT",
        b"*", b"\nAccept-Encoding: zstd", b"\xff", b"\0",
    ),
}  # fmt: skip

_TEXTS = (b'"a"', b'""', b'"a:b"', b'"\\u0000"', b'"\\\\u0000"', b'"\\u003a"', '"é😀"'.encode(),
          b'"\\\\"')  # fmt: skip
_NUMBERS = (b"1", b"0", b"-1.5e3", b"1e308", b"9" * 30, b"0.1", b"-0")

GRAMMARS: Mapping[str, Grammar] = {
    "JSON": {
        "start": [["value"], [b" ", "value", b"\n"]],
        "value": [[b"1"], *([each] for each in (*_TEXTS, *_NUMBERS, b"null", b"{}", b"[]")),
                  *([b"{", "members", b"}"], [b"[", "items", b"]"], ["deep"]) * 3],
        "deep": [[b"1"], *([b"[", "deep", b"]"], [b'{"a":', "deep", b"}"]) * 6],
        "members": [["member"], *(["member", b",", "members"],) * 3],
        "member": [[b'"a":1'], *([e, b":", "value"] for e in (*_TEXTS, b'"b"', b'"_schema"'))],
        "items": [["value"], ["value", b",", "items"], ["value", b",", "items"]],
    },
    "EDTF": {
        "start": [["point"], ["point"], ["end", b"/", "end"]],
        "end": [["point"], ["point"], [b""], [b".."]],
        "point": [["year", "sign"], ["year", b"-", "month", "sign"],
                  ["year", b"-", "month", b"-", "day", "sign"]],
        "year": [[b"2023"], [b"20", "digit", "digit"], [b"19", "digit", b"X"], [b"20XX"],
                 [b"0000"], [b"9999"], ["digit", "digit", "digit", "digit"]],
        "month": [[b"03"], [b"0", "digit"], [b"1", "digit"], [b"2", "digit"], [b"XX"]],
        "day": [[b"31"], ["digit", "digit"], [b"XX"], [b"0", "digit"], [b"3", "digit"]],
        "digit": [[b"%d" % n] for n in range(10)],
        "sign": [[b""], [b""], [b"?"], [b"~"], [b"%"]],
    },
    "cursor": {
        "start": [[b"[", "number", b",", "day", b",", "text", b",", "after", b"]"]] * 4
                 + [[b"[", "after", b",", "day", b"]"], ["number"], ["after"]],
        "number": [[b"5"], *([e] for e in (*_NUMBERS, b'"5"', b"9007199254740992", b"null"))],
        "day": [[b'"any"'], *([b'"', each, b'"'] for each in _DATES), ["number"], ["after"]],
        "text": [[b'"0123456789abcdef"'], *([each] for each in _TEXTS), ["number"], ["after"]],
        "after": [[b"[7]"], [b"[", "text", b",", "number", b"]"], [b"[", "number", b"]"], [b"[]"],
                  [b"[", "text", b",", "text", b",", "number", b"]"], [b"{}"], [b'{"a":1}'],
                  [b'"abc"']],
    },
    "Range": {
        "start": [["range"], ["range"], ["range", b"\n", "header"], ["header", b"\n", "range"],
                  ["header"], ["header", b"\n", "header"]],
        "range": [[b"Range: bytes=0-9"], [b"Range: ", "unit", b"=", "spans"]],
        "unit": [[b"bytes"], [b"bytes"], [b"Bytes"], [b"lines"], [b""]],
        "spans": [["span"], ["span"], ["span", b",", "spans"], ["span", b" , ", "spans"]],
        "span": [[b"0-9"], ["number", b"-", "number"], ["number", b"-"], [b"-", "number"],
                 ["number"]],
        "number": [[b"0"], [b"5"], [b"899"], [b"900"], [b"9999"], [b" 1"], [b"+1"], [b"9" * 30]],
        "header": [["name", b": ", "tags"], [b"Accept-Encoding: ", "codings"], [b"Accept: a"],
                   [b"If-Range: Wed, 21 Oct 2015 07:28:00 GMT"]],
        "name": [[b"If-None-Match"], [b"If-Range"]],
        "tags": [["tag"], ["tag"], ["tag", b",", "tags"], [b"*"]],
        "tag": [[b'"' + _KNOWN + b'"'], [b'W/"' + _KNOWN + b'"'], [b'"' + _KNOWN + b':gzip"'],
                [b'"a"'], [_KNOWN], [b""]],
        "codings": [[b"gzip"], [b"br"], [b"zstd;q=0.5"], [b"identity"], [b"gzip;q=0"],
                    [b"gzip", b", ", "codings"]],
    },
}  # fmt: skip
