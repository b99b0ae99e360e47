-- Customers that are reached from browsers and addresses along chains of evidence, and since when.
-- A customer is where a chain ends and never a step: a shared browser welds no two customers.

{%- set claims -%}
    (
        select
            identifier_key,
            customer_id,
            since_at

        from {{ ref('int_identity__direct_claims') }}
        where
            until_at is null
            and identifier_key in (select from_key from {{ ref('int_identity__steps') }})
    )
{%- endset %}

{{ reached_customers(claims, ref('int_identity__steps')) }}
