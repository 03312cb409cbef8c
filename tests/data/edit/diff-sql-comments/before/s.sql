select 1;
-- the old one
select 2;
