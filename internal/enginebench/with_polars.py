"""Computes the benchmark's figures with Polars: what to compute comes as JSON on standard
input, the figures go as JSON to standard output.

Lazy frames on the streaming engine. Of the forms tried this one took the least CPU time:
first exposures as the minimum of one number that packs time and variant, a dense number per
pair of user and experiment, and bounds of time, by which row groups are skipped.
"""
import json
import os
import sys

spec = json.load(sys.stdin)
os.environ["POLARS_MAX_THREADS"] = str(spec["threads"])
import polars as pl  # reads the number of threads when it is loaded

variants = sorted({v for e in spec["experiments"] for v in e["variants"]})
columns = [c for m in spec["metrics"] for c in (m["value"], m["denominator"]) if c]
events = sorted({c["event"] for c in columns})
after, before = spec["window_us"], spec["lookback_us"]

# The earliest row of a user, and of several at one instant that whose variant sorts first.
code = pl.col("variant").cast(pl.Enum(variants)).to_physical().cast(pl.Int64)
pairs = (
    pl.scan_parquet(f"{spec['data']}/exposures/*/*.parquet", hive_partitioning=False)
    .drop_nulls(["user_id", "experiment", "variant", "timestamp"])
    .select("user_id", "experiment", packed=pl.col("timestamp").to_physical() * 256 + code, code=code)
    .group_by("user_id", "experiment")
    .agg(pl.col("packed").min(), several=pl.col("code").min() != pl.col("code").max())
    .with_columns(t0=pl.col("packed") // 256, variant=pl.col("packed") % 256)
    .drop("packed")
    .collect(engine="streaming")
    .with_row_index("pair")
)
low, high = pairs["t0"].min() - before, pairs["t0"].max() + after
instant = pl.Datetime("us", "UTC")
converted = (
    pl.scan_parquet(f"{spec['data']}/conversions/*/*.parquet", hive_partitioning=False)
    .filter(
        pl.col("event").is_in(events),
        pl.col("user_id").is_not_null(),
        pl.col("timestamp") >= pl.lit(low).cast(instant),
        pl.col("timestamp") < pl.lit(high).cast(instant),
    )
    .select("user_id", "value", ts=pl.col("timestamp").to_physical(), event=pl.col("event").cast(pl.Enum(events)))
)

# One number per pair, column and side of the exposure.
sums = {}
for side, where in (("x", pl.col("d") >= 0), ("c", pl.col("d") < 0)):
    for event, aggregate in sorted({(c["event"], "sum" if c["aggregate"] == "sum" else "count") for c in columns}):
        rows = where & (pl.col("event") == event)
        what = pl.when(rows).then(pl.col("value")).otherwise(0.0).sum() if aggregate == "sum" else rows.sum()
        sums[side, event, aggregate] = what.cast(pl.Float64).alias(f"{side}_{aggregate}_{event}")
numbers = (
    converted.join(pairs.lazy().select("user_id", "pair", "t0"), on="user_id")
    .with_columns(d=pl.col("ts") - pl.col("t0"))
    .filter(pl.col("d") >= -before, pl.col("d") < after)
    .group_by("pair")
    .agg(sums.values())
)


def number(side, column):
    if column["aggregate"] == "any":
        return (pl.col(f"{side}_count_{column['event']}") > 0).cast(pl.Float64)
    return pl.col(f"{side}_{column['aggregate']}_{column['event']}")


wanted = {}
for m in spec["metrics"]:
    outcomes = [("x", m["value"])] + ([("y", m["denominator"])] if m["denominator"] else [])
    labelled = [(label, number("x", c)) for label, c in outcomes] + [("c" + label, number("c", c)) for label, c in outcomes]
    for i, (label, a) in enumerate(labelled):
        wanted[f"{m['name']}/{label}"] = a.sum()
        for other, b in labelled[i:]:
            wanted[f"{m['name']}/{label}*{other}"] = (a * b).sum()

figures = {}
for experiment, variant, n, several in (
    pairs.group_by("experiment", "variant").agg(pl.len(), pl.col("several").sum().alias("users")).iter_rows()
):
    key = f"{experiment}/{variants[variant]}"
    figures[key + "/several"] = several
    for m in spec["metrics"]:
        figures[f"{key}/{m['name']}/n"] = n
rows = (
    numbers.join(pairs.lazy().select("pair", "experiment", "variant"), on="pair")
    .group_by("experiment", "variant")
    .agg(e.alias(name) for name, e in wanted.items())
    .collect(engine="streaming")
)
for row in rows.iter_rows(named=True):
    key = f"{row['experiment']}/{variants[row['variant']]}"
    for name in wanted:
        figures[f"{key}/{name}"] = row[name]
json.dump({"figures": figures}, sys.stdout)
