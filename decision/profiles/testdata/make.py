"""Writes the Parquet files of this folder: python make.py, with pyarrow and duckdb."""
import datetime
import decimal
import uuid

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

UTC = datetime.timezone.utc

table = pa.table({
    "user_id": pa.array(["a", "b", "ü", None, "", "a"]),
    "country": pa.array(["DE", None, "AT", "XX", "XX", "CH"]).dictionary_encode(),
    "age": pa.array([41, -1, None, 1, 1, 42], pa.int8()),
    "visits": pa.array([2**53 + 1, 0, None, 1, 1, 2**63 - 1], pa.int64()),
    "big": pa.array([2**64 - 1, 7, None, 1, 1, 2**63], pa.uint64()),
    "small": pa.array([2**32 - 1, 7, None, 1, 1, 8], pa.uint32()),
    "score": pa.array([0.1, float("nan"), float("inf"), 1, 1, 0.2], pa.float64()),
    "half": pa.array([0.5, None, 1.5, 1, 1, 2.5], pa.float32()),
    "vip": pa.array([True, False, None, True, True, False]),
    "born": pa.array([datetime.date(1985, 2, 28)] * 6),
    "seen": pa.array([datetime.datetime(2026, 1, 5, 12, 30, 0, 250000, UTC)] * 6, pa.timestamp("us", "UTC")),
    "token": pa.array([b"text", b"\xff\xfe", None, b"", b"", b"more"], pa.binary()),
    "nothing": pa.nulls(6),
    "price": pa.array([decimal.Decimal("1.50")] * 6, pa.decimal128(9, 2)),
    "clock": pa.array([datetime.time(12)] * 6, pa.time64("us")),
    "address": pa.array([{"city": "Bonn"}] * 6, pa.struct([("city", pa.string())])),
    "tags": pa.array([["x", "y"]] * 6, pa.list_(pa.string())),
})
pq.write_table(table, "pyarrow.parquet", row_group_size=2, compression="zstd")
pq.write_table(table.select(["user_id", "country"]), "lz4.parquet", compression="lz4")

duckdb.sql("""
    COPY (SELECT CAST(id AS UUID) AS user_id, CAST(id AS VARCHAR) AS spelled, CAST(n AS UTINYINT) AS level,
                 CAST(n AS HUGEINT) AS huge, n > 1 AS vip, TIMESTAMP '2026-01-05 12:30:00' AS seen, [n] AS list
          FROM (VALUES ('00000000-0000-0000-0000-00000000000a', 1), ('ffffffff-ffff-4fff-bfff-ffffffffffff', 255)) AS t(id, n)
          ORDER BY n)
    TO 'duckdb.parquet' (FORMAT parquet, COMPRESSION snappy)
""")
duckdb.sql("COPY (SELECT CAST(9007199254740993 + i AS BIGINT) AS user_id, i AS level FROM range(3) AS t(i)) TO 'duckdb_int.parquet' (FORMAT parquet)")
