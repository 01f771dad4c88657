package teams

import (
	"encoding/json"
	"strings"
	"time"
)

// activity is what the Bot Framework calls anything that happens, as far as it concerns
// us. https://github.com/microsoft/Agents/blob/main/specs/activity/protocol-activity.md
type activity struct {
	Type         string          `json:"type"`
	ID           string          `json:"id"`
	Timestamp    time.Time       `json:"timestamp"`
	ChannelID    string          `json:"channelId"`
	ServiceURL   string          `json:"serviceUrl"`
	From         account         `json:"from"`
	Recipient    account         `json:"recipient"`
	Conversation conversation    `json:"conversation"`
	ReplyTo      string          `json:"replyToId"`
	Text         string          `json:"text"`
	TextFormat   string          `json:"textFormat"`
	Entities     []entity        `json:"entities"`
	ChannelData  channelData     `json:"channelData"`
	Action       string          `json:"action"` // installationUpdate
	Added        []account       `json:"membersAdded"`
	Removed      []account       `json:"membersRemoved"`
	Reacted      []reaction      `json:"reactionsAdded"`
	Unreacted    []reaction      `json:"reactionsRemoved"`
	Name         string          `json:"name"`  // invoke
	Value        json.RawMessage `json:"value"` // invoke, and what a form was filled in with
}

type account struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Object is the account's object id in Entra: the same for every bot. (ID is the
	// bot's own name for it.)
	Object string `json:"aadObjectId"`
}

type conversation struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Type   string `json:"conversationType"` // personal, groupChat, channel
	Group  bool   `json:"isGroup"`
	Tenant string `json:"tenantId"`
}

type entity struct {
	Type      string  `json:"type"`
	Text      string  `json:"text"`
	Mentioned account `json:"mentioned"`
}

type reaction struct {
	Type string `json:"type"`
}

type channelData struct {
	Event  string `json:"eventType"`
	Tenant struct {
		ID string `json:"id"`
	} `json:"tenant"`
	Team struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"team"`
	Channel struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"channel"`
}

// The types of conversations.
const (
	personal  = "personal"
	groupChat = "groupChat"
	inTeam    = "channel"
)

// tenant is where an activity comes from. What says two things says nothing.
func (a *activity) tenant() string {
	one, two := a.ChannelData.Tenant.ID, a.Conversation.Tenant
	if one == "" || two != "" && !strings.EqualFold(one, two) {
		if one == "" {
			return two
		}
		return ""
	}
	return one
}

// team is the id of the team in which it happened, "" if in none.
func (a *activity) team() string {
	if a.kind() != inTeam {
		return ""
	}
	if a.ChannelData.Team.ID != "" {
		return a.ChannelData.Team.ID
	}
	return "?" // it must be in one; one that is not named is on no list
}

// kind is the conversation's type, where it is not said by what its id looks like.
func (a *activity) kind() string {
	switch {
	case a.Conversation.Type != "":
		return a.Conversation.Type
	case a.ChannelData.Channel.ID != "" || a.ChannelData.Team.ID != "":
		return inTeam
	case a.Conversation.Group:
		return groupChat
	}
	return personal
}

// submitted reports whether a message is a button that was pressed, in a client that does
// not know Action.Execute.
func (a *activity) submitted() bool { return a.Type == "message" && a.Text == "" && len(a.Value) > 0 }

// root stands between a channel's id and that of a thread's first message.
const root = ";messageid="

// roster is the conversation that has the members of the activity's: of a channel its
// team, of a personal chat none.
func (a *activity) roster() string {
	room, _ := a.where()
	switch {
	case a.kind() == personal:
		return ""
	case a.kind() == inTeam && a.ChannelData.Team.ID != "":
		return a.ChannelData.Team.ID
	}
	return room
}

// where returns the room and, in a channel, the thread's first message.
func (a *activity) where() (room, thread string) {
	room, thread, _ = strings.Cut(a.Conversation.ID, root)
	return room, thread
}
