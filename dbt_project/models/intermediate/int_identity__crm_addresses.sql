-- Which address the CRM has had for which customer, and since which of its snapshots.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='email',
        meta={'feeds': ['crm.customers'], 'rebuilt_when_gone': true},
        pre_hook="{{ note_touched_addresses() }}",
        post_hook="{{ note_built() }}",
    )
}}

with snapshots as (

    select
        customer_id,
        email,
        delivered_date

    {%- if not is_incremental() %}

    from {{ ref('stg_crm__customer_emails') }}
    {%- else %}

    from {{ touched() }}
    union all
    select
        customer_id,
        email,
        first_delivered_date as delivered_date

    from {{ this }}
    where {{ if_touched('email', 'email') }}
    {%- endif %}

),

addresses as (

    select
        customer_id,
        email,
        min(delivered_date) as first_delivered_date

    from snapshots
    group by customer_id, email

)

select * from addresses
