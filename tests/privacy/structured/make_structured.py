"""Makes the frozen rows and tables: ordinary numbers that stay, personal ones that may not.

Written and committed before keys and numbers were looked at by any code. Run it to make
``structured.json`` again: `python tests/privacy/structured/make_structured.py`.
"""

# ruff: noqa: E501
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, Any]
_PRODUCTS = ("kettle", "lamp", "desk", "hinge", "valve", "rope", "filter", "gasket")


def _ordinary(rng: random.Random) -> list[Callable[[], Row]]:
    """Twenty shapes of rows, in none of which is a person."""
    n, f = rng.randint, lambda low, high: round(rng.uniform(low, high), 2)
    day = lambda: f"20{n(10, 26)}-{n(1, 12):02}-{n(1, 28):02}"  # noqa: E731
    return [
        lambda: {"order_id": n(10**9, 10**10), "item": rng.choice(_PRODUCTS), "price": f(1, 900),
                 "quantity": n(1, 40), "created_at": day(), "year": n(1950, 2026)},
        lambda: {"sensor": n(1, 99), "temperature": f(-20, 40), "humidity": n(0, 100),
                 "epoch": n(1_500_000_000, 1_790_000_000)},
        lambda: {"ts": n(1_500_000_000_000, 1_790_000_000_000), "status": rng.choice((200, 404)),
                 "bytes": n(100, 10**9), "port": n(1024, 65535), "pid": n(2, 99999)},
        lambda: {"id": n(10**17, 10**18), "parent_id": n(10**17, 10**18), "likes": n(0, 10**6)},
        lambda: {"sku": n(10**7, 10**8), "stock": n(0, 5000), "warehouse": n(1, 12),
                 "dimensions": {"width": n(10, 300), "height": n(10, 300), "depth": n(10, 300)}},
        lambda: {"barcode": n(4 * 10**12, 5 * 10**12), "pages": n(40, 900), "year": n(1900, 2026)},
        lambda: {"step": n(1, 10**6), "loss": f(0, 9), "lr": 1e-4, "accuracy": f(0, 1),
                 "layers": [n(16, 512), n(16, 512)], "seed": n(0, 2**32)},
        lambda: {"population": n(10**5, 10**8), "area": f(1, 10**5), "birth_rate": f(5, 20),
                 "founded": n(1100, 1990)},
        lambda: {"volume": n(10**8, 10**12), "open": f(1, 500), "close": f(1, 500), "date": day()},
        lambda: {"phones_sold": n(1000, 10**7), "mobile_share": f(0, 1), "card_payments": n(0, 999),
                 "email_opens": n(0, 10**5), "quarter": n(1, 4)},
        lambda: {"cell": f"{rng.choice('ABCDEF')}{n(1, 99)}", "cell_count": n(1, 10**6),
                 "cards": n(1, 52), "mobile": bool(n(0, 1)), "address_count": n(0, 9)},
        lambda: {"revenue": n(10**6, 10**11), "costs": n(10**6, 10**11), "margin": f(0, 1)},
        lambda: {"2019": n(0, 999), "2020": n(0, 999), "2021": n(0, 999), "total": n(0, 2997)},
        lambda: {day(): n(0, 50), day(): n(0, 50), "mean": f(0, 50)},
        lambda: {"home": n(0, 9), "away": n(0, 9), "round": n(1, 38), "attendance": n(0, 90000)},
        lambda: {"build": n(1000, 99999), "duration_ms": n(1, 10**7), "cached": True,
                 "sizes": [n(1, 10**9) for _ in range(4)]},
        lambda: {"lat": round(rng.uniform(-60, 60), 5), "lon": round(rng.uniform(-180, 180), 5),
                 "depth_m": n(0, 4000)},
        lambda: {"name": f"{rng.choice(_PRODUCTS)} {n(100, 999)}", "number": n(1, 500),
                 "numbers": [n(1, 49) for _ in range(6)], "telemetry": n(0, 10**10)},
        lambda: {"invoice_no": n(10**7, 10**9), "net": f(1, 10**5), "vat": f(1, 10**4),
                 "due": day(), "paid": None},
        lambda: {"births": n(0, 10**6), "deaths": n(0, 10**6), "dob_missing": n(0, 40),
                 "phone_model": f"X{n(1, 30)}", "card_type": rng.choice(("debit", "credit"))},
    ]  # fmt: skip


def _tables(rng: random.Random) -> list[dict[str, Any]]:
    n = rng.randint
    heads = [
        ("order_id,price,quantity,year", lambda: f"{n(10**9, 10**10)},{n(1, 900)}.50,{n(1, 9)},2024"),
        ("id,epoch,bytes,status", lambda: f"{n(1, 10**6)},{n(15 * 10**8, 17 * 10**8)},{n(1, 10**9)},200"),
        ("date,2019,2020,births", lambda: f"2024-0{n(1, 9)}-1{n(0, 9)},{n(0, 9999)},{n(0, 9999)},{n(0, 999)}"),
        ("phones_sold,cards,mobile_share", lambda: f"{n(0, 10**7)},{n(1, 52)},0.{n(10, 99)}"),
    ]  # fmt: skip
    return [
        {"suffix": ".csv", "content": "\n".join([head, *(row() for _ in range(15))]) + "\n"}
        for head, row in heads
    ]


def _mod(digits: str) -> str:
    """A card's number: the digits with the one that makes Luhn's sum whole."""
    total = 0
    for at, char in enumerate(reversed(digits)):
        value = int(char) * (2 if at % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def _personal(rng: random.Random) -> list[Row]:
    """Rows, each with the written forms (of keys and values) that may not stay."""
    n = rng.randint
    out: list[Row] = []

    def add(row: Row, *told: object) -> None:
        out.append({"suffix": ".jsonl", "content": json.dumps(row, ensure_ascii=False) + "\n",
                    "personal": [str(each) for each in told]})  # fmt: skip

    for key in ("phone", "tel", "telephone", "mobile", "mobile_number", "cell_phone", "phoneNumber",
                "telefono", "téléphone", "Telefon", "Handynummer", "telefoonnummer", "fax",
                "teléfono", "portable", "celular", "Phone No."):  # fmt: skip
        number = int(f"4477009{n(10000, 99999)}")
        add({"row": n(1, 99), key: number, "price": 12}, number)
    for key in ("card", "card_number", "cardNumber", "credit_card", "pan", "n", "value"):
        number = int(_mod("4" + "".join(str(n(0, 9)) for _ in range(14))))
        add({"row": 1, key: number}, number)
    for key, said in (("dob", "1980-03-02"), ("birth_date", "1980-03-02"), ("born", "02/03/1980"),
                      ("dateOfBirth", "1961-12-24"), ("Geburtsdatum", "24.12.1961"),
                      ("geboren_am", "3.2.1977"), ("fecha_nacimiento", "05/11/1990"),
                      ("date_naissance", "17/05/1988"), ("data_di_nascita", "17/05/1988"),
                      ("geboortedatum", "17-05-1988"), ("birthday", "March 2, 1980"),
                      ("DOB", 19800302), ("date_of_birth", "1980-03-02T00:00:00Z")):  # fmt: skip
        add({"row": 3, key: said, "joined": "2020-01-01"}, said)
    for key in ("ssn", "social_security_number", "national_id", "passport", "tax_id", "nino", "dni",
                "steuer_id", "drivers_license", "bsn"):  # fmt: skip
        number = n(10**8, 10**9)
        add({"row": 4, key: number, "count": 7}, number)
    for key in ("iban", "account_iban"):
        add({key: "DE89 3704 0044 0532 0130 00"}, "3704 0044")
    add({"Maria Rossi": "absent", "Jonas Weber": 3}, "Maria Rossi", "Jonas Weber")
    add({"maria.rossi@example.com": {"visits": 3}}, "maria.rossi@example.com")
    add({"team": {"Elena Petrova": {"score": 9}, "Ahmed Hassan": {"score": 8}}},
        "Elena Petrova", "Ahmed Hassan")  # fmt: skip
    add({"+44 7700 900123": "calls"}, "7700 900123")
    add({"phones": [447700900123, 447700900124]}, 447700900123, 447700900124)
    add({"phone": {"home": 442079460123, "work": 442079460999}}, 442079460123, 442079460999)
    add({"people": [{"contact": {"mobile": 447700900321}}]}, 447700900321)
    add({"births": 3, "person": {"dob": ["1980-03-02", "1981-03-02"]}}, "1980-03-02", "1981-03-02")
    add({"phone": "07700900123"}, "07700900123")
    add({"phone": "900123"}, "900123")
    add({"phone": 447700900123.0}, "447700900123")
    for head, cells, told in (
        ("id,phone", ("1,447700900123", "2,07700900124"), ("447700900123", "07700900124")),
        ("id,Mobile No", ("1,447700900123", "2,7700900"), ("447700900123", "7700900")),
        ("id,dob", ("1,1980-03-02", "2,02/03/1981"), ("1980-03-02", "02/03/1981")),
        ("id,card", ("1,4111111111111111",), ("4111111111111111",)),
        ("id,ssn", ("1,219099999",), ("219099999",)),
        ("id,Geburtsdatum", ("1,24.12.1961",), ("24.12.1961",)),
        ("day,Maria Rossi,Jonas Weber", ("1,3,4",), ("Maria Rossi", "Jonas Weber")),
        ("day,maria.rossi@example.com", ("1,3",), ("maria.rossi@example.com",)),
    ):
        out.append({"suffix": ".csv", "content": "\n".join([head, *cells]) + "\n",
                    "personal": list(told)})  # fmt: skip
    return out


def made() -> Row:
    """Ordinary rows (200), ordinary tables (4 of 15 rows) and personal files."""
    rng = random.Random(20261128)
    shapes = _ordinary(rng)
    return {
        "ordinary_rows": [shape() for shape in shapes for _ in range(10)],
        "ordinary_tables": _tables(rng),
        "personal": _personal(rng),
    }


if __name__ == "__main__":
    place = Path(__file__).with_name("structured.json")
    place.write_text(json.dumps(made(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
