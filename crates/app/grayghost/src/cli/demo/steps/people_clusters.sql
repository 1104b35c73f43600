{{ config(resolve={'id': 'record_id', 'model': 'auto'}) }}
-- Which records are the same thing: one row a record, and the cluster that it is in.
select * from {{ source('people') }} where _raw is null
