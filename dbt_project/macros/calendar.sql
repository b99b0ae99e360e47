{# Days, weeks and weekdays where engines spell them differently, and bits that remember weeks. #}

{# The weekday of a moment: 1 is Monday, 7 Sunday. #}
{%- macro weekday_number(moment) -%}
    {{- return(adapter.dispatch('weekday_number')(moment)) -}}
{%- endmacro -%}
{%- macro default__weekday_number(moment) -%} (weekday({{ moment }}) + 1) {%- endmacro -%}
{%- macro duckdb__weekday_number(moment) -%} isodow({{ moment }})::integer {%- endmacro -%}

{# Every day from one to another, both included, as rows of a subselect with the column `day`. #}
{%- macro days_from(first, last) -%}
    {{- return(adapter.dispatch('days_from')(first, last)) -}}
{%- endmacro -%}
{%- macro default__days_from(first, last) -%} explode(sequence({{ first }}, {{ last }})) {%- endmacro -%}
{%- macro duckdb__days_from(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}, interval 1 day))::date
{%- endmacro -%}

{# Months from the month of one date to that of a later one. #}
{%- macro months_from(earlier, later) -%}
    (
        (extract(year from {{ later }}) - extract(year from {{ earlier }})) * 12
        + extract(month from {{ later }}) - extract(month from {{ earlier }})
    )
{%- endmacro -%}

{# Twelve weeks as twelve bits: bit 0 is set by anything in the 7 days before the run date. #}
{%- macro weeks_seen(age_days) -%}
    {{- return(adapter.dispatch('weeks_seen')(age_days)) -}}
{%- endmacro -%}
{%- macro default__weeks_seen(age_days) -%}
    bit_or(shiftleft(1, cast(floor(({{ age_days }} - 1) / 7) as int)))
{%- endmacro -%}
{%- macro duckdb__weeks_seen(age_days) -%}
    bit_or(1::bigint << (({{ age_days }} - 1) // 7)::integer)
{%- endmacro -%}

{# How many of the bits are set: weeks with anything in them. #}
{%- macro weeks_counted(weeks, number_of_weeks=12) -%}
    (
        {%- for week in range(number_of_weeks) %}
        case when {{ weeks }} % {{ 2 ** (week + 1) }} >= {{ 2 ** week }} then 1 else 0 end
        {{ '+' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro -%}

{# How many of the bits are set from bit 0 on without a gap: the streak that is still running. #}
{%- macro weeks_in_a_row(weeks, number_of_weeks=12) -%}
    case
        {%- for week in range(number_of_weeks) %}
        when {{ weeks }} % {{ 2 ** (week + 1) }} <> {{ 2 ** (week + 1) - 1 }} then {{ week }}
        {%- endfor %}
        else {{ number_of_weeks }}
    end
{%- endmacro -%}
