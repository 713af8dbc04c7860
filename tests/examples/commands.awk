# A page's commands: the lines of its indented blocks that begin with "$ ", each with what belongs to it (the next line after
# one that ends in \ or |, a here document up to END). With -v want=1 the other lines of these blocks: what the commands print,
# but for those that were cut short ("...") or tell an address, which is another one each time.
/^    \$ / {
	command = 1
	block = 1
	sub(/^    \$ /, "    ")
}
!/^    / { command = block = 0 }
!command && block && want && !/\.\.\./ && !/127\.0\.0\.1/ { print substr($0, 5) }
command {
	sub(/^    /, "")
	if (!want)
		print
	if ($0 ~ /<<END$/)
		here = 1
	else if ($0 == "END")
		here = 0
	command = here || $0 ~ /[\\|]$/
}
