{# The only clock: the run's logical date as a SQL literal; cut-offs are exclusive (< as_of). #}

{%- macro as_of() -%}
    date '{{ as_of_day().isoformat() }}'
{%- endmacro -%}

{# The same date as a Python date, for calendars that are laid out at compile time. It is given by
   the variable as_of, or by the environment where that is not set: a new value of a variable has
   dbt parse the whole project anew, and every morning is a new day. So nothing may ask for it while
   the project is parsed; what is rendered then is never run, and stands at any day at all. #}
{%- macro as_of_day() -%}
    {%- if not execute -%}{%- do return(modules.datetime.date(2001, 1, 1)) -%}{%- endif -%}
    {%- set given = var('as_of', none) or env_var('TESSERA_DBT_AS_OF', 'not set') | string -%}
    {%- if not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', given) -%}
        {%- do exceptions.raise_compiler_error(
            "The run date as_of is '" ~ given ~ "', which is no day. Nothing here reads a clock: "
            ~ "say which day the run stands at, e.g. --vars '{as_of: 2018-01-02}', or in the "
            ~ "environment as TESSERA_DBT_AS_OF."
        ) -%}
    {%- endif -%}
    {%- set year, month, day = given.split('-') -%}
    {%- do return(modules.datetime.date(year | int, month | int, day | int)) -%}
{%- endmacro -%}

{# Whether a raw row had been delivered by the run date: a back-fill sees what was known then. #}
{%- macro was_delivered() -%}
    _delivered_on <= {{ as_of() }}
{%- endmacro -%}
