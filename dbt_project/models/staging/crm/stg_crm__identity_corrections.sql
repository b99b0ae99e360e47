-- Decisions on who is who that had been taken and delivered by the run date.

with corrections as (

    select
        correction_id,
        identifier_type,
        case
            when identifier_type = 'email' then {{ normalised_email('identifier') }}
            else identifier
        end as identifier,
        customer_id,
        decision,
        decided_at,
        _batch_id as batch_id,
        _delivered_on as delivered_date

    from {{ optional_source('raw_crm', 'identity_corrections') }}
    where
        {{ was_delivered() }}
        and decided_at < {{ as_of() }}

)

select * from corrections
