/* SPDX-License-Identifier: MIT */
/* answer - letting go of answers. */
#include "mock/answer.h"

#include "base/mem.h"

void
mock_error_release(struct mock_error *e)
{
	free(e->type);
	free(e->code);
	free(e->param);
	free(e->message);
	free(e->quota.metric);
	free(e->quota.id);
	free(e->quota.model);
	*e = (struct mock_error)MOCK_ERROR_NONE;
}

void
mock_answer_release(struct mock_answer *a)
{
	size_t i;

	for (i = 0; i < a->call_count; i++) {
		free(a->calls[i].id);
		free(a->calls[i].name);
		free(a->calls[i].arguments);
	}
	for (i = 0; i < a->field_count; i++) {
		free(a->fields[i].name);
		free(a->fields[i].value);
	}
	free(a->calls);
	free(a->fields);
	free(a->text);
	free(a->reasoning);
	free(a->object);
	free(a->stop);
	free(a->model);
	mock_error_release(&a->error);
	mock_faults_release(&a->faults);
	*a = (struct mock_answer)MOCK_ANSWER_INIT;
}
