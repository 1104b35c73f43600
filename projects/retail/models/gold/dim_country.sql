{{ config(materialized='table') }}
with seen as (
    select country, min(created_at) as created_at, max(updated_at) as updated_at
    from {{ ref('invoices') }}
    group by country
),

named as (
    select seen.*, coalesce(spelling.code_name, seen.country) as usual_name
    from seen
    left join ({{ country_spellings() }}) as spelling (source_name, code_name) on spelling.source_name = upper(seen.country)
)

select
    surrogate_key(country) as country_key,
    facts.country_code,
    country as country_name,
    facts.region,
    facts.continent,
    facts.currency_code,
    cast(facts.gdp_per_capita as decimal(18, 2)) as gdp_per_capita,
    facts.population,
    created_at,
    updated_at
from named
left join (
{{ country_facts() }}
) as facts (country_code, name, region, continent, currency_code, gdp_per_capita, population)
    on upper(facts.name) = upper(named.usual_name)
order by country_name
