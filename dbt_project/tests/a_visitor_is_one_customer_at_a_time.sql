-- Periods of one identifier never overlap: nothing is two customers' at once.

with owners as (

    select
        *,
        lead(since_at) over (partition by identifier_key order by since_at) as next_since_at

    from {{ ref('int_identity__owners') }}

)

select identifier_key from owners
where next_since_at < coalesce(until_at, timestamp '9999-01-01 00:00:00')
