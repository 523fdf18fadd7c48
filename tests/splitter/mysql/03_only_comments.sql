-- one ;
# two ;
/* three ; */
--
--four ; at the beginning needs no space
#