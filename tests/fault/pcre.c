/* Memory of PCRE2. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "tests/fault/inject_p.h"

#define NO_HEAP 121

pcre2_code *__real_pcre2_compile_8(PCRE2_SPTR s, PCRE2_SIZE n, uint32_t options,
				   int *code, PCRE2_SIZE *at,
				   pcre2_compile_context *c);
pcre2_code *__wrap_pcre2_compile_8(PCRE2_SPTR s, PCRE2_SIZE n, uint32_t options,
				   int *code, PCRE2_SIZE *at,
				   pcre2_compile_context *c);
int __real_pcre2_jit_compile_8(pcre2_code *c, uint32_t options);
int __wrap_pcre2_jit_compile_8(pcre2_code *c, uint32_t options);
pcre2_jit_stack *__real_pcre2_jit_stack_create_8(PCRE2_SIZE first,
						 PCRE2_SIZE most,
						 pcre2_general_context *c);
pcre2_jit_stack *__wrap_pcre2_jit_stack_create_8(PCRE2_SIZE first,
						 PCRE2_SIZE most,
						 pcre2_general_context *c);
pcre2_match_context *
__real_pcre2_match_context_create_8(pcre2_general_context *c);
pcre2_match_context *
__wrap_pcre2_match_context_create_8(pcre2_general_context *c);
pcre2_match_data *__real_pcre2_match_data_create_8(uint32_t n,
						   pcre2_general_context *c);
pcre2_match_data *__wrap_pcre2_match_data_create_8(uint32_t n,
						   pcre2_general_context *c);
int __real_pcre2_match_8(const pcre2_code *c, PCRE2_SPTR s, PCRE2_SIZE n,
			 PCRE2_SIZE from, uint32_t options, pcre2_match_data *d,
			 pcre2_match_context *m);
int __wrap_pcre2_match_8(const pcre2_code *c, PCRE2_SPTR s, PCRE2_SIZE n,
			 PCRE2_SIZE from, uint32_t options, pcre2_match_data *d,
			 pcre2_match_context *m);

pcre2_code *
__wrap_pcre2_compile_8(PCRE2_SPTR s, PCRE2_SIZE n, uint32_t options, int *code,
		       PCRE2_SIZE *at, pcre2_compile_context *c)
{
	if (!inject_fails(FAULT_LIBRARY, "pcre2_compile"))
		return __real_pcre2_compile_8(s, n, options, code, at, c);
	*code = NO_HEAP;
	*at = 0;
	return NULL;
}

int
__wrap_pcre2_jit_compile_8(pcre2_code *c, uint32_t options)
{
	return inject_fails(FAULT_LIBRARY, "pcre2_jit_compile")
		       ? PCRE2_ERROR_NOMEMORY
		       : __real_pcre2_jit_compile_8(c, options);
}

pcre2_jit_stack *
__wrap_pcre2_jit_stack_create_8(PCRE2_SIZE first, PCRE2_SIZE most,
				pcre2_general_context *c)
{
	return inject_fails(FAULT_LIBRARY, "pcre2_jit_stack_create")
		       ? NULL
		       : __real_pcre2_jit_stack_create_8(first, most, c);
}

pcre2_match_context *
__wrap_pcre2_match_context_create_8(pcre2_general_context *c)
{
	return inject_fails(FAULT_LIBRARY, "pcre2_match_context_create")
		       ? NULL
		       : __real_pcre2_match_context_create_8(c);
}

pcre2_match_data *
__wrap_pcre2_match_data_create_8(uint32_t n, pcre2_general_context *c)
{
	return inject_fails(FAULT_LIBRARY, "pcre2_match_data_create")
		       ? NULL
		       : __real_pcre2_match_data_create_8(n, c);
}

int
__wrap_pcre2_match_8(const pcre2_code *c, PCRE2_SPTR s, PCRE2_SIZE n,
		     PCRE2_SIZE from, uint32_t options, pcre2_match_data *d,
		     pcre2_match_context *m)
{
	return inject_fails(FAULT_LIBRARY, "pcre2_match")
		       ? PCRE2_ERROR_NOMEMORY
		       : __real_pcre2_match_8(c, s, n, from, options, d, m);
}
