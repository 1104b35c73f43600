{{ config(materialized='table') }}
with days as (
    select unnest(generate_series(first_day, last_day)) as number
    from (
        select
            cast(arrow_cast(min(invoice_date), 'Int32') as bigint) as first_day,
            cast(arrow_cast(max(invoice_date), 'Int32') as bigint) as last_day
        from {{ ref('invoices') }}
    )
),

dated as (
    select cast(number as int) as number, arrow_cast(cast(number as int), 'Date32') as full_date
    from days
),

calendar as (
    select
        number,
        full_date,
        cast(date_part('year', full_date) as int) as year,
        cast(date_part('quarter', full_date) as int) as quarter,
        cast(date_part('month', full_date) as int) as month,
        cast(date_part('day', full_date) as int) as day_of_month,
        {{ iso_weekday('number') }} as day_of_week
    from dated
),

-- Easter Sunday of the Gregorian calendar: Meeus, Astronomical Algorithms (1991), chapter 8
golden as (
    select distinct year, year % 19 as a, year / 100 as b, year % 100 as c
    from calendar
),

epact as (
    select *, (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30 as h
    from golden
),

moon as (
    select *, (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7 as l
    from epact
),

easter as (
    select year, h + l - 7 * ((a + 11 * h + 22 * l) / 451) + 114 as n
    from moon
),

anchors as (
    select
        {{ day_number('year', 'n / 31', 'n % 31 + 1') }} as easter,
        {{ day_number('year', 1, 1) }} as new_year,
        {{ day_number('year', 5, 1) }} as may_1,
        {{ day_number('year', 5, 31) }} as may_31,
        {{ day_number('year', 8, 31) }} as august_31,
        {{ day_number('year', 12, 25) }} as christmas
    from easter
),

-- England and Wales as the Banking and Financial Dealings Act 1971 has it since 1978. A day off that falls on a weekend
-- stays marked, and the day that makes up for it is marked too.
rule as (
    select unnest([
        new_year,
        new_year + case {{ iso_weekday('new_year') }} when 6 then 2 when 7 then 1 else 0 end,
        easter - 2,
        easter + 1,
        may_1 + (8 - {{ iso_weekday('may_1') }}) % 7,
        may_31 - {{ iso_weekday('may_31') }} + 1,
        august_31 - {{ iso_weekday('august_31') }} + 1,
        christmas,
        christmas + 1,
        christmas + case when {{ iso_weekday('christmas') }} in (6, 7) then 2 else 0 end,
        christmas + case when {{ iso_weekday('christmas') }} in (5, 6) then 3 else 0 end
    ]) as number
    from anchors
),

holidays as (
    select distinct number
    from (
        select number from rule
        where number not in (
            {%- for day in var('dropped_holidays') %}arrow_cast(date '{{ day }}', 'Int32'), {% endfor %}-1000000)
        union all
        select arrow_cast(day, 'Int32')
        from (values {% for day in var('extra_holidays') %}(date '{{ day }}'), {% endfor %}(date '0001-01-01')) as extra (day)
    )
)

select
    {{ date_key('full_date') }} as date_key,
    full_date,
    year,
    quarter,
    month,
    day_of_month,
    day_of_week,
    to_char(full_date, '%B') as month_name,
    concat('Q', quarter) as quarter_name,
    day_of_week >= 6 as is_weekend,
    holidays.number is not null as is_holiday,
    case
        when month in (12, 1, 2) then 'winter'
        when month <= 5 then 'spring'
        when month <= 8 then 'summer'
        else 'autumn'
    end as season
from calendar
left join holidays on holidays.number = calendar.number
order by date_key
