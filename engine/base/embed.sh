#!/bin/sh
# Writes an assembler file that holds each named file and a table of them: struct resource[].
i=0
echo '	.section .rodata'
for file in "$@"; do
	printf 'name%d: .asciz "%s"\ndata%d: .incbin "%s"\nend%d: .byte 0\n' $i "$file" $i "$file" $i
	i=$((i + 1))
done
echo '	.section .data.rel.ro,"aw"'
echo '	.balign 8'
echo '	.globl resource_table'
echo 'resource_table:'
n=0
while [ $n -lt $i ]; do
	echo "	.quad name$n, data$n, end$n - data$n"
	n=$((n + 1))
done
echo '	.globl resource_table_count'
echo "resource_table_count: .quad $i"
echo '	.section .note.GNU-stack,"",@progbits'
