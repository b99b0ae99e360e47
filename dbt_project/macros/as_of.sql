{# The only clock: the run's logical date as a SQL literal; cut-offs are exclusive (< as_of). #}

{%- macro as_of() -%}
    date '{{ as_of_day().isoformat() }}'
{%- endmacro -%}

{# The same date as a Python date, for calendars that are laid out at compile time. #}
{%- macro as_of_day() -%}
    {%- set given = var('as_of', none) | string -%}
    {%- if not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', given) -%}
        {%- do exceptions.raise_compiler_error(
            "The variable as_of is '" ~ given ~ "', which is no day. Nothing here reads a clock: "
            ~ "say which day the run stands at, e.g. --vars '{as_of: 2018-01-02}'."
        ) -%}
    {%- endif -%}
    {%- set year, month, day = given.split('-') -%}
    {%- do return(modules.datetime.date(year | int, month | int, day | int)) -%}
{%- endmacro -%}

{# Whether a raw row had been delivered by the run date: a back-fill sees what was known then. #}
{%- macro was_delivered() -%}
    _delivered_on <= {{ as_of() }}
{%- endmacro -%}
