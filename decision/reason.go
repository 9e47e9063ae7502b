package decision

// A Reason says why a visitor gets what the answer has. Its text is what answers, logs and
// metrics show.
type Reason string

// Reasons for which something is shown.
const (
	// Assigned: the variant drawn when the visitor was first seen, now or earlier.
	Assigned Reason = "assigned"
	// ForcedVariant: the definition names the visitor; nothing is stored or counted.
	ForcedVariant Reason = "forced"
	// Decided: the experiment is Completed and everybody gets the winner.
	Decided Reason = "decided"
	// VariantStopped: the visitor's variant was stopped and control's payload replaces it.
	VariantStopped Reason = "variant_stopped"
)

// Reasons for which nothing is shown.
const (
	NotRunning     Reason = "not_running"      // Draft or Scheduled
	NoID           Reason = "no_id"            // nobody to assign
	NotInAudience  Reason = "not_in_audience"  // by attributes
	NotOnPage      Reason = "not_on_page"      // by URL
	NotOnDevice    Reason = "not_on_device"    // by device
	HeldOut        Reason = "holdout"          // in a holdout of the project
	InOtherGroup   Reason = "exclusion_group"  // another experiment of the group has the visitor's range
	NotCovered     Reason = "not_covered"      // beyond the coverage
	AlreadyShown   Reason = "already_shown"    // the display budget is spent
	NotRendered    Reason = "payload_template" // the payload cannot be made for this visitor, or that of another variant before the visitor enters
	AnotherMatched Reason = "another_matched"  // an earlier experiment of the same selector is shown
)
