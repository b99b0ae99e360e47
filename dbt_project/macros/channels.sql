{# How a visit came: its tagged medium says so, else whoever referred it, else nobody did. #}

{# The host of an address on the web, as the channel tables spell it; null where there is none. #}
{%- macro host_of(address) -%} nullif(lower({{ piece_of(address, '/', 3) }}), '') {%- endmacro -%}

{# The columns channel, source_name and medium, of a visit joined to the rules for its medium and
   its referrer's host. #}
{%- macro how_it_came(visit, by_medium, by_host) -%}
    case
        when {{ visit }}.tagged_medium is not null then coalesce({{ by_medium }}.channel, 'other')
        when {{ visit }}.referrer is not null then coalesce({{ by_host }}.channel, 'referral')
        else 'direct'
    end as channel,
    coalesce({{ visit }}.utm_source, {{ visit }}.referrer_host, 'direct') as source_name,
    case
        when {{ visit }}.tagged_medium is not null then {{ visit }}.tagged_medium
        when {{ visit }}.referrer is not null then coalesce({{ by_host }}.medium, 'referral')
        else 'none'
    end as medium
{%- endmacro -%}
