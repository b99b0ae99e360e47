-- Each customer's visits as of the run date: over days, as models count, and over whole weeks.
-- The windows hold the visits that began in them; of customers without any there, what was before
-- tells how long ago the last was. Each part reads the days by itself: days in common would be
-- held whole before they are narrowed.

with known_visitors as (

    select
        visitor_id,
        customer_id

    from {{ ref('int_visitors_resolved_to_customer') }}
    where conflicted_at is null

),

days_lately as (

    select * from {{ ref('int_events_grouped_to_session_day') }}
    where {{ begun_since(days_before(as_of(), 90)) }}

),

lately as (

    select
        known_visitors.customer_id,
        {{ counted_visits('visits') }}

    from ({{ aged_visits('days_lately') }}) as visits
    inner join known_visitors using (visitor_id)
    group by known_visitors.customer_id

),

known_from_before as (

    select * from known_visitors
    where customer_id not in (select lately.customer_id from lately)

),

-- In the windows, they have only days of visits that began before.
days_before as (

    select * from {{ ref('int_events_grouped_to_session_day') }}
    where event_date < {{ days_before(as_of(), 90) }}
    union all
    select * from {{ ref('int_events_grouped_to_session_day') }}
    where
        event_date >= {{ days_before(as_of(), 90) }}
        and is_resumed

),

visits_of_bots as (

    select session_id from {{ ref('int_events_grouped_to_session_day') }}
    where is_bot

),

before as (

    select
        known_from_before.customer_id,
        -- the day a visit began on is the one that was not resumed
        max(case when not days.is_resumed then days.event_date end) as last_started_date,
        max(days.event_date) as last_ended_date

    from days_before as days
    inner join known_from_before using (visitor_id)
    where days.session_id not in (select visits_of_bots.session_id from visits_of_bots)
    group by known_from_before.customer_id

)

select * from lately
union all
select
    customer_id,
    {%- for count in counts_of_visits() %}
    0::bigint as {{ count }},
    {%- endfor %}
    {{ days_between('last_started_date', as_of()) }} as days_since_last_start,
    {{ days_between('last_ended_date', as_of()) }} as days_since_last_end,
    0::bigint as weeks_visited_84d

from before
