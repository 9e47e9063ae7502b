"""Computes the benchmark's figures with DuckDB: what to compute comes as JSON on standard
input, the figures go as JSON to standard output.

Of the forms tried this one took the least CPU time: first exposures as the minimum of one
number that packs time and variant, a dense number per user so that text is joined once,
temporary tables between the steps, and literal bounds of time, by which row groups are skipped.
"""
import json
import sys

import duckdb

spec = json.load(sys.stdin)
con = duckdb.connect()
con.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false; set enable_progress_bar = false")
con.execute(f"set threads = {spec['threads']}")


def texts(names):
    return "(" + ", ".join(f"'{n}'" for n in names) + ")"


variants = sorted({v for e in spec["experiments"] for v in e["variants"]})
columns = [c for m in spec["metrics"] for c in (m["value"], m["denominator"]) if c]
events = sorted({c["event"] for c in columns})
con.execute(f"create type variant_name as enum {texts(variants)}")
con.execute(f"create type event_name as enum {texts(events)}")
con.execute(f"create type experiment_name as enum {texts(e['name'] for e in spec['experiments'])}")
exposures = f"read_parquet('{spec['data']}/exposures/*/*.parquet')"
conversions = f"read_parquet('{spec['data']}/conversions/*/*.parquet')"

# The earliest row of a user, and of several at one instant that whose variant sorts first.
con.execute(f"""
create temp table pairs as
select (row_number() over ())::int pair, user_id, experiment, packed // 256 t0, (packed % 256)::utinyint variant, several
from (
  select user_id, experiment::experiment_name experiment, min(epoch_us(timestamp) * 256 + enum_code(variant::variant_name)) packed,
    min(enum_code(variant::variant_name)) <> max(enum_code(variant::variant_name)) several
  from {exposures}
  where user_id is not null and experiment is not null and variant is not null and timestamp is not null
  group by 1, 2)""")
con.execute("create temp table users as select (row_number() over ())::int number, user_id from (select distinct user_id from pairs)")
con.execute("create temp table exposed as select pair, number, t0 from pairs join users using (user_id)")
con.execute("alter table pairs drop column user_id")
after, before = spec["window_us"], spec["lookback_us"]
low, high = con.execute(f"""
select make_timestamp(min(t0) - {before})::varchar, make_timestamp(max(t0) + {after})::varchar from exposed""").fetchone()
con.execute(f"""
create temp table converted as
select number, event::event_name event, epoch_us(timestamp) ts, value
from {conversions} join users using (user_id)
where event in {texts(events)} and timestamp >= '{low}+00'::timestamptz and timestamp < '{high}+00'::timestamptz""")

# One number per pair, column and side of the exposure.
sums, name_of = [], {}
for side, where in (("x", "ts >= t0"), ("c", "ts < t0")):
    for event, aggregate in sorted({(c["event"], "sum" if c["aggregate"] == "sum" else "count") for c in columns}):
        name = f"{side}_{aggregate}_{event}"
        what = "coalesce(sum(value) filter (event = '{e}' and {w}), 0)" if aggregate == "sum" else "count(*) filter (event = '{e}' and {w})"
        sums.append(what.format(e=event, w=where) + " " + name)
        name_of[side, event, aggregate] = name


def number(side, column):
    if column["aggregate"] == "any":
        return f"({name_of[side, column['event'], 'count']} > 0)::double"
    return f"{name_of[side, column['event'], column['aggregate']]}::double"


wanted, expressions = [], {}
for m in spec["metrics"]:
    outcomes = [("x", m["value"])] + ([("y", m["denominator"])] if m["denominator"] else [])
    labelled = [(label, number("x", c)) for label, c in outcomes] + [("c" + label, number("c", c)) for label, c in outcomes]
    for i, (label, a) in enumerate(labelled):
        wanted.append((f"{m['name']}/{label}", f"sum({a})"))
        wanted += [(f"{m['name']}/{label}*{other}", f"sum({a} * {b})") for other, b in labelled[i:]]
for _, e in wanted:
    expressions.setdefault(e, f"s{len(expressions)}")

figures = {}
for experiment, variant, n, several in con.execute("""
select experiment, variant, count(*), count(*) filter (several) from pairs group by 1, 2""").fetchall():
    key = f"{experiment}/{variants[variant]}"
    figures[key + "/several"] = several
    for m in spec["metrics"]:
        figures[f"{key}/{m['name']}/n"] = n
rows = con.execute(f"""
with numbers as (
  select pair, {', '.join(sums)} from exposed join converted using (number)
  where ts >= t0 - {before} and ts < t0 + {after} group by 1)
select experiment, variant, {', '.join(f'{e} {name}' for e, name in expressions.items())}
from pairs join numbers using (pair) group by 1, 2""").fetchall()
at = {e: i for i, e in enumerate(expressions)}
for experiment, variant, *values in rows:
    for name, e in wanted:
        figures[f"{experiment}/{variants[variant]}/{name}"] = values[at[e]]
json.dump({"figures": figures}, sys.stdout)
