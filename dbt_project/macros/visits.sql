{# What a visit is: the rules its models share. How one is found among events: stretches.sql; which ones
   late events open again: visit_changes.sql. #}

{%- macro gap_seconds() -%} {{ var('session_gap_minutes') * 60 }} {%- endmacro -%}

{# What happens in a visit, by type of event; the columns that count it, and how they add up. #}
{%- macro visit_events() -%}
    {%- do return({
        'page_views': 'page_view', 'product_views': 'product_view', 'searches': 'search',
        'cart_adds': 'add_to_cart', 'checkouts': 'checkout', 'purchases': 'purchase',
    }) -%}
{%- endmacro -%}
{%- macro counted_events() -%}
    {%- for column, kind in visit_events().items() -%}
        count(case when event_type = '{{ kind }}' then 1 end) as {{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}
{%- macro added_events() -%}
    {%- for column in visit_events() -%}
        sum({{ column }})::bigint as {{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}
{%- macro event_counts() -%} {{ visit_events() | join(', ') }} {%- endmacro -%}

{# What a visit's first event tells of it: the columns of an event, and of a visit. #}
{%- macro origin_of_event() -%}
    {%- do return([
        'page_path', 'device_type', 'referrer', 'utm_source', 'utm_medium', 'utm_campaign'
    ]) -%}
{%- endmacro -%}
{%- macro origin() -%}
    {%- do return(['entry_page'] + origin_of_event()[1:]) -%}
{%- endmacro -%}
{%- macro origin_columns() -%} {{ origin() | join(', ') }} {%- endmacro -%}
{%- macro origin_unpacked() -%}
    {%- for column in origin_of_event() -%}
        origin.{{ column }} as {{ origin()[loop.index0] }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}
{%- macro first_origin(moment, key) -%}
    {%- for column in origin() -%}
        {{ first_by(column, moment, key) }} as {{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}

{# The second in which a visit began, which its key ends in. #}
{%- macro session_second(relation=none) -%}
    {%- set of = relation ~ '.' if relation else '' -%}
    substr({{ of }}session_id, length({{ of }}visitor_id) + 2)::bigint
{%- endmacro -%}

{# Whole visits from their days. Nearly every visit is one row of them already: only one that was
   resumed after midnight, or may be because it ended within the gap of it, has to be put together. #}
{%- macro visits_of_days(days) -%}
    {%- set ends_late = epoch_seconds('last_event_at') ~ ' % 86400 >= 86400 - ' ~ gap_seconds() -%}
    select
        session_id,
        visitor_id,
        first_event_at as started_at,
        last_event_at as ended_at,
        events,
        {{ event_counts() }},
        {{ origin_columns() }},
        exit_page,
        is_bot,
        first_delivered_date,
        last_delivered_date

    from {{ days }}
    where not is_resumed and not {{ ends_late }}
    union all
    select
        session_id,
        visitor_id,
        min(first_event_at) as started_at,
        max(last_event_at) as ended_at,
        sum(events)::bigint as events,
        {{ added_events() }},
        {{ first_origin('first_event_at', 'event_date') }},
        {{ last_by('exit_page', 'last_event_at', 'event_date') }} as exit_page,
        max(is_bot) as is_bot,
        min(first_delivered_date) as first_delivered_date,
        max(last_delivered_date) as last_delivered_date

    from {{ days }}
    where is_resumed or {{ ends_late }}
    group by session_id, visitor_id
{%- endmacro -%}

{# Whether a day is one of a visit that began on some day or after it; only one that was resumed
   after midnight has to be asked for its beginning. #}
{%- macro begun_since(day) -%}
    (
        event_date >= {{ day }}
        and (
            not is_resumed
            or {{ session_second() }} >= {{ epoch_seconds(day ~ '::timestamp') }}
        )
    )
{%- endmacro -%}

{# Visits of people, and how many days before the run date they began and ended. #}
{%- macro aged_visits(days) -%}
    select
        visitor_id,
        {{ days_between(day_of('started_at'), as_of()) }} as age_days,
        {{ days_between(day_of('ended_at'), as_of()) }} as days_since_end,
        page_views,
        product_views,
        cart_adds,
        {{ what_came_of('whole') }}
    from ({{ visits_of_days(days) }}) as whole
    where not is_bot
{%- endmacro -%}

{# What a customer's visits come to, by how many days ago they began. #}
{%- macro counted_visits(visits) -%}
    {%- set age = visits ~ '.age_days' -%}
    {%- for days in [28, 30, 84, 90] %}
    count(*) filter (where {{ age }} <= {{ days }}) as sessions_{{ days }}d,
    {%- endfor %}
    {%- for views, days in [
        ('page_views', 28), ('product_views', 28), ('cart_adds', 28), ('product_views', 30)
    ] %}
    coalesce(
        sum({{ visits }}.{{ views }}) filter (where {{ age }} <= {{ days }}), 0
    )::bigint as {{ views }}_{{ days }}d,
    {%- endfor %}
    {%- for days in [28, 30] %}
    count(*) filter (
        where {{ visits }}.is_abandoned_cart and {{ age }} <= {{ days }}
    ) as abandoned_carts_{{ days }}d,
    {%- endfor %}
    min({{ age }}) as days_since_last_start,
    min({{ visits }}.days_since_end) as days_since_last_end,
    coalesce({{ weeks_seen(age) }} filter (where {{ age }} <= 84), 0)::bigint as weeks_visited_84d
{%- endmacro -%}

{# Those of them that are counts, of which a customer without a visit in any window has none. #}
{%- macro counts_of_visits() -%}
    {%- do return([
        'sessions_28d', 'sessions_30d', 'sessions_84d', 'sessions_90d', 'page_views_28d',
        'product_views_28d', 'cart_adds_28d', 'product_views_30d', 'abandoned_carts_28d',
        'abandoned_carts_30d',
    ]) -%}
{%- endmacro -%}

{# What came of a visit, as three columns; fct_sessions and the visits that models count agree on it. #}
{%- macro what_came_of(visit) -%}
    {{ visit }}.checkouts > 0 as has_checkout,
    {{ visit }}.purchases > 0 as has_purchase,
    {{ visit }}.cart_adds > 0 and {{ visit }}.purchases = 0 as is_abandoned_cart
{%- endmacro -%}

{# Whether a machine made a day of a visit: no person reads on at that pace (bot_events events, each
   within bot_seconds_per_event of the one before, on average). Nothing else here gives a bot away. #}
{%- macro is_bot(events, seconds) -%}
    ({{ events }} >= {{ var('bot_events') }}
    and {{ seconds }} < {{ var('bot_seconds_per_event') }} * {{ events }})
{%- endmacro -%}
