{# What engines spell differently: one dispatched macro each, DuckDB's spelling beside Spark's. #}

{# Whole days from one date to a later one. #}
{%- macro days_between(earlier, later) -%}
    {{- return(adapter.dispatch('days_between')(earlier, later)) -}}
{%- endmacro -%}
{%- macro default__days_between(earlier, later) -%} datediff({{ later }}, {{ earlier }}) {%- endmacro -%}
{%- macro duckdb__days_between(earlier, later) -%} ({{ later }} - {{ earlier }}) {%- endmacro -%}

{# The date a number of days before another. #}
{%- macro days_before(day, days) -%}
    {{- return(adapter.dispatch('days_before')(day, days)) -}}
{%- endmacro -%}
{%- macro default__days_before(day, days) -%} date_sub({{ day }}, {{ days }}) {%- endmacro -%}
{%- macro duckdb__days_before(day, days) -%} ({{ day }} - {{ days }}) {%- endmacro -%}

{# Whole seconds since 1970: windows over integers cost a quarter less than over timestamps. #}
{%- macro epoch_seconds(moment) -%}
    {{- return(adapter.dispatch('epoch_seconds')(moment)) -}}
{%- endmacro -%}
{%- macro default__epoch_seconds(moment) -%} unix_timestamp({{ moment }}) {%- endmacro -%}
{%- macro duckdb__epoch_seconds(moment) -%} (epoch_us({{ moment }}) // 1000000) {%- endmacro -%}

{# The day (UTC) of such a second. #}
{%- macro day_of_second(second) -%}
    {{- return(adapter.dispatch('day_of_second')(second)) -}}
{%- endmacro -%}
{%- macro default__day_of_second(second) -%}
    cast(timestamp_seconds({{ second }}) as date)
{%- endmacro -%}
{%- macro duckdb__day_of_second(second) -%}
    make_timestamp(({{ second }}) * 1000000)::date
{%- endmacro -%}

{# Whole seconds from one moment to a later one. #}
{%- macro seconds_from(earlier, later) -%}
    ({{ epoch_seconds(later) }} - {{ epoch_seconds(earlier) }})
{%- endmacro -%}

{# Whether a moment falls on Saturday or Sunday. #}
{%- macro is_weekend(moment) -%}
    {{- return(adapter.dispatch('is_weekend')(moment)) -}}
{%- endmacro -%}
{%- macro default__is_weekend(moment) -%} (weekday({{ moment }}) >= 5) {%- endmacro -%}
{%- macro duckdb__is_weekend(moment) -%} (isodow({{ moment }}) >= 6) {%- endmacro -%}

{# The day a moment falls on (UTC). #}
{%- macro day_of(moment) -%} cast({{ moment }} as date) {%- endmacro -%}

{# Of a group's rows, a value of the first or the last in an order of (moment, key): ties by key,
   and a value that is missing there is missing. #}
{%- macro first_by(value, moment, key) -%}
    {{- return(adapter.dispatch('first_by')(value, moment, key)) -}}
{%- endmacro -%}
{%- macro default__first_by(value, moment, key) -%}
    min_by({{ value }}, struct({{ moment }}, {{ key }}))
{%- endmacro -%}
{# One number of moment and hashed key: comparing structs row by row costs twice the whole query. #}
{%- macro duckdb__first_by(value, moment, key) -%}
    arg_min_null({{ value }}, {{ duckdb__in_turn(moment, key) }})
{%- endmacro -%}
{%- macro last_by(value, moment, key) -%}
    {{- return(adapter.dispatch('last_by')(value, moment, key)) -}}
{%- endmacro -%}
{%- macro default__last_by(value, moment, key) -%}
    max_by({{ value }}, struct({{ moment }}, {{ key }}))
{%- endmacro -%}
{%- macro duckdb__last_by(value, moment, key) -%}
    arg_max_null({{ value }}, {{ duckdb__in_turn(moment, key) }})
{%- endmacro -%}
{%- macro duckdb__in_turn(moment, key) -%}
    epoch_us({{ moment }})::hugeint * 18446744073709551616 + hash({{ key }})
{%- endmacro -%}

{# Several columns as one value, for first_by and last_by; and one of them back out of it. #}
{%- macro packed(columns) -%}
    {{- return(adapter.dispatch('packed')(columns)) -}}
{%- endmacro -%}
{%- macro default__packed(columns) -%}
    named_struct({% for column in columns %}'{{ column }}', {{ column }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro -%}
{%- macro duckdb__packed(columns) -%}
    struct_pack({% for column in columns %}{{ column }} := {{ column }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro -%}

{# How often a whole number goes into another. #}
{%- macro times_in(number, divisor) -%}
    {{- return(adapter.dispatch('times_in')(number, divisor)) -}}
{%- endmacro -%}
{%- macro default__times_in(number, divisor) -%} ({{ number }} div {{ divisor }}) {%- endmacro -%}
{%- macro duckdb__times_in(number, divisor) -%} ({{ number }} // {{ divisor }}) {%- endmacro -%}

{# A piece of a text cut at a separator; the first is 1, null or empty where there is none. #}
{%- macro piece_of(text, separator, place) -%}
    {{- return(adapter.dispatch('piece_of')(text, separator, place)) -}}
{%- endmacro -%}
{%- macro default__piece_of(text, separator, place) -%}
    split_part({{ text }}, '{{ separator }}', {{ place }})
{%- endmacro -%}

{# The rows of a long table with a touched key, where those are few. #}
{%- macro touched_rows(relation, key) -%}
    {{- return(adapter.dispatch('touched_rows')(relation, key)) -}}
{%- endmacro -%}
{%- macro default__touched_rows(relation, key) -%}
    select * from {{ relation }}
    where {{ key }} in (select touched.{{ key }} from {{ touched() }} as touched)
{%- endmacro -%}
{# Their places first: next to a key that is looked for, DuckDB reads every other column in full. #}
{%- macro duckdb__touched_rows(relation, key) -%}
    select * from {{ relation }}
    where rowid in (
        select found.rowid from {{ relation }} as found
        where found.{{ key }} in (select touched.{{ key }} from {{ touched() }} as touched)
    )
{%- endmacro -%}
