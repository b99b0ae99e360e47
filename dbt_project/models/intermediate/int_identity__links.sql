-- Links between two identifiers, or an identifier and a customer: since when, by what evidence.

with web_evidence as (

    select * from {{ ref('int_identity__web_evidence') }}

),

contacts as (

    select * from {{ ref('stg_shop__order_contacts') }}

),

customers_of_orders as (

    select
        order_id,
        customer_id

    from {{ ref('int_order_lines_summarised_to_order') }}
    where customer_id is not null

),

links as (

    select
        'visitor' as identifier_type,
        visitor_id as identifier,
        'customer' as linked_type,
        customer_id as linked,
        'login' as evidence,
        min(first_event_at) as since_at

    from web_evidence
    where customer_id is not null
    group by visitor_id, customer_id
    union all
    select
        'visitor' as identifier_type,
        web_evidence.visitor_id as identifier,
        'customer' as linked_type,
        customers_of_orders.customer_id as linked,
        'order' as evidence,
        min(web_evidence.first_event_at) as since_at

    from web_evidence
    inner join customers_of_orders using (order_id)
    group by web_evidence.visitor_id, customers_of_orders.customer_id
    union all
    select
        'email' as identifier_type,
        email as identifier,
        'customer' as linked_type,
        customer_id as linked,
        'crm' as evidence,
        -- a snapshot holds what was known before its day
        {{ days_before('first_delivered_date', 1) }}::timestamp as since_at

    from {{ ref('stg_crm__customer_emails') }}
    union all
    select
        'email' as identifier_type,
        contacts.email as identifier,
        'customer' as linked_type,
        customers_of_orders.customer_id as linked,
        'order_contact' as evidence,
        min(contacts.ordered_at) as since_at

    from contacts
    inner join customers_of_orders using (order_id)
    group by contacts.email, customers_of_orders.customer_id
    union all
    select
        'visitor' as identifier_type,
        web_evidence.visitor_id as identifier,
        'email' as linked_type,
        contacts.email as linked,
        'order_contact' as evidence,
        min(greatest(contacts.ordered_at, web_evidence.first_event_at)) as since_at

    from contacts
    inner join web_evidence using (order_id)
    group by web_evidence.visitor_id, contacts.email

)

select * from links
