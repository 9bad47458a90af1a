autocmd BufRead,BufNewFile *.book setfiletype postigo-book
