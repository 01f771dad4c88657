package templates

import "fmt"

// prove executes every template on all of its samples, in every language.
func (s *Set) prove(samples map[string][]any) error {
	var faults []error
	for _, lang := range languages {
		for name := range samples {
			if s.texts[lang][name] == nil {
				faults = append(faults, fmt.Errorf("there is sample data for %s but no text in %s", name, lang))
			}
		}
		for name := range s.texts[lang] {
			if len(samples[name]) == 0 {
				faults = append(faults, fmt.Errorf("the text %s has no sample data", name))
			}
			for _, sample := range samples[name] {
				if _, err := s.run(lang, "matrix").execute(name, sample); err != nil {
					faults = append(faults, err)
				}
			}
		}
	}
	return sorted(faults)
}
