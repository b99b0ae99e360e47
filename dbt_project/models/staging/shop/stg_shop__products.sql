-- Products as the newest catalogue delivered by the run date lists them.

with delivered as (

    select * from {{ source('raw_shop', 'products') }}
    where {{ was_delivered() }}

),

newest_snapshot as (

    select max(_delivered_on) as _delivered_on from delivered

),

products as (

    select
        delivered.product_id,
        delivered.manufacturer_id,
        delivered.department,
        delivered.brand,
        delivered.product_category,
        delivered.product_type,
        delivered.package_size,
        coalesce(
            delivered.brand in {{ text_list(var('private_label_brands')) }}, false
        ) as is_private_label

    from delivered
    inner join newest_snapshot using (_delivered_on)

)

select * from products
