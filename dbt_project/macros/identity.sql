{# What makes two identifiers the same one: rules that need no judgement, in one place. #}

{# An address as it is compared: outer blanks and case say nothing of whose it is. The part before
   the @ is case sensitive by RFC 5321, but no provider of note tells two people apart by it; dots
   and +tags are kept, since some providers do. Null where nothing is left. #}
{%- macro normalised_email(email) -%}
    nullif(lower(trim({{ email }})), '')
{%- endmacro -%}
