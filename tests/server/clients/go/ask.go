// Asks a provider once with the vendor's own SDK, and says as JSON what came of it.
//
//	ask anthropic|openai plain|stream RETRIES
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strconv"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	openaioption "github.com/openai/openai-go/v3/option"
)

const question = "Where is order KX-48213?"

type outcome struct {
	Text   string `json:"text"`
	Stop   string `json:"stop"`
	Status int    `json:"status"`
	Error  string `json:"error"`
}

func main() {
	vendor, how := os.Args[1], os.Args[2]
	retries, err := strconv.Atoi(os.Args[3])
	if err != nil {
		panic(err)
	}
	ask := map[string]func(bool, int) (outcome, error){"anthropic": askAnthropic, "openai": askOpenAI}[vendor]
	said, err := ask(how == "stream", retries)
	if err != nil {
		said.Error = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		panic(err)
	}
}

func askAnthropic(streamed bool, retries int) (outcome, error) {
	client := anthropic.NewClient(anthropicoption.WithMaxRetries(retries))
	asked := anthropic.MessageNewParams{
		Model:     "claude-opus-4-6",
		MaxTokens: 200,
		Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(question))},
	}
	said, whole := outcome{}, &anthropic.Message{}
	var err error
	if streamed {
		stream := client.Messages.NewStreaming(context.Background(), asked)
		for stream.Next() {
			if err = whole.Accumulate(stream.Current()); err != nil {
				return said, err
			}
		}
		err = stream.Err()
	} else {
		whole, err = client.Messages.New(context.Background(), asked)
	}
	var refused *anthropic.Error
	if errors.As(err, &refused) {
		said.Status = refused.StatusCode
	}
	if whole != nil {
		for _, block := range whole.Content {
			said.Text += block.Text
		}
		said.Stop = string(whole.StopReason)
	}
	return said, err
}

func askOpenAI(streamed bool, retries int) (outcome, error) {
	client := openai.NewClient(openaioption.WithMaxRetries(retries))
	asked := openai.ChatCompletionNewParams{
		Model:    "gpt-5.2",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(question)},
	}
	said := outcome{}
	var err error
	if streamed {
		stream := client.Chat.Completions.NewStreaming(context.Background(), asked)
		for stream.Next() {
			for _, choice := range stream.Current().Choices {
				said.Text += choice.Delta.Content
				said.Stop += choice.FinishReason
			}
		}
		err = stream.Err()
	} else {
		whole, failed := client.Chat.Completions.New(context.Background(), asked)
		if err = failed; err == nil {
			said.Text, said.Stop = whole.Choices[0].Message.Content, whole.Choices[0].FinishReason
		}
	}
	var refused *openai.Error
	if errors.As(err, &refused) {
		said.Status = refused.StatusCode
	}
	return said, err
}
