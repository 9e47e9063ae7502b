package analysis

// Reasons for which rows or users take no part, as they stand in LeftOut.Reason. They
// never change.
const (
	LeftNoUser         = "no_user"
	LeftNoTime         = "no_time"
	LeftNoExperiment   = "no_experiment"
	LeftNoVariant      = "no_variant"
	LeftNoEvent        = "no_event"
	LeftBeforeStart    = "before_start"
	LeftAfterEnd       = "after_end"
	LeftUnknownVariant = "unknown_variant"
	LeftSeveral        = "several_variants"
	LeftNeverExposed   = "never_exposed"
	LeftBeforeExposure = "before_exposure"
	LeftNoValue        = "no_value"
)

// leftOutTexts says each reason in words.
var leftOutTexts = map[string]string{
	LeftNoUser:         "rows without a user id",
	LeftNoTime:         "rows without a time",
	LeftNoExperiment:   "rows without an experiment",
	LeftNoVariant:      "rows without a variant",
	LeftNoEvent:        "rows without an event",
	LeftBeforeStart:    "exposures before the start",
	LeftAfterEnd:       "exposures at or after the end",
	LeftUnknownVariant: "exposures to a variant that the experiment does not have",
	LeftSeveral:        "users seen in several variants",
	LeftNeverExposed:   "conversions of users never exposed",
	LeftBeforeExposure: "conversions before the user's first exposure",
	LeftNoValue:        "conversions whose value is missing or not finite: the event counts, the value does not",
}

// LeftOut is a number of rows or users that took no part. Reason is stable; Name is what
// was found, where there is a name.
type LeftOut struct {
	Reason string `json:"reason"`
	Name   string `json:"name,omitempty"`
	Rows   int64  `json:"rows,omitempty"`
	Users  int64  `json:"users,omitempty"`
	Text   string `json:"text"`
}

// NewLeftOut returns a LeftOut with its text.
func NewLeftOut(reason, name string, rows, users int64) LeftOut {
	return LeftOut{Reason: reason, Name: name, Rows: rows, Users: users, Text: leftOutTexts[reason]}
}
