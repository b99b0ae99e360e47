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

{# Whether a moment falls on Saturday or Sunday. #}
{%- macro is_weekend(moment) -%}
    {{- return(adapter.dispatch('is_weekend')(moment)) -}}
{%- endmacro -%}
{%- macro default__is_weekend(moment) -%} (weekday({{ moment }}) >= 5) {%- endmacro -%}
{%- macro duckdb__is_weekend(moment) -%} (isodow({{ moment }}) >= 6) {%- endmacro -%}
