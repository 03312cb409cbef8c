/* HMAC-SHA256 against the test vectors of RFC 4231. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/hmac.h"

struct vector {
	unsigned char fill; /* the key is this byte, so often; 0: words */
	size_t key_len;
	const char *key;
	unsigned char data_fill;
	size_t data_len;
	const char *data;
	const char *hex;
};

/* RFC 4231, 4.2 to 4.8; case 5 is about a cut digest, which nobody here makes. */
static const struct vector vectors[] = {
	{0x0b, 20, NULL, 0, 8, "Hi There",
	 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{0, 4, "Jefe", 0, 28, "what do ya want for nothing?",
	 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{0xaa, 20, NULL, 0xdd, 50, NULL,
	 "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
	{0, 25,
	 "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15"
	 "\x16\x17\x18\x19",
	 0xcd, 50, NULL, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
	{0xaa, 131, NULL, 0, 54, "Test Using Larger Than Block-Size Key - Hash Key First",
	 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
	{0xaa, 131, NULL, 0, 152,
	 "This is a test using a larger than block-size key and a larger than block-size data. "
	 "The key needs to be hashed before being used by the HMAC algorithm.",
	 "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void vectors_of_rfc_4231(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *it = &vectors[i];
		char key[256], data[256], hex[DIGEST_HEX];
		memset(key, it->fill, sizeof(key));
		memset(data, it->data_fill, sizeof(data));
		if (it->key)
			memcpy(key, it->key, it->key_len);
		if (it->data)
			memcpy(data, it->data, it->data_len);
		struct hmac hmac;
		hmac_init(&hmac, key, it->key_len);
		hmac_add(&hmac, data, it->data_len / 2);
		hmac_add(&hmac, data + it->data_len / 2, it->data_len - it->data_len / 2);
		hmac_end(&hmac, hex);
		assert_string_equal(hex, it->hex);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(vectors_of_rfc_4231)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
