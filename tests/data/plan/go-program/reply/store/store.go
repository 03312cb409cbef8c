/* block */
package store

import "github.com/google/uuid"

var Name = uuid.NewString()
