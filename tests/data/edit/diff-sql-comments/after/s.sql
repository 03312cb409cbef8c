select 1;
-- the new one
select 2;
