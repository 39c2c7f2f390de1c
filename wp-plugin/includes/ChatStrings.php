<?php
/**
 * The texts of the chat. Script modules have no translations of their own before WordPress 7.0.
 *
 * @package Chatello
 */

namespace Chatello;

final class ChatStrings {
	public static function all(): array {
		return array(
			'defaultGreeting' => __( 'Hello! What can I help you find?', 'chatello' ),
			'placeholder'   => __( 'Write a message …', 'chatello' ),
			'send'          => __( 'Send', 'chatello' ),
			'stop'          => __( 'Stop', 'chatello' ),
			'close'         => __( 'Close the chat', 'chatello' ),
			'clear'         => __( 'Clear the conversation', 'chatello' ),
			'cleared'       => __( 'The conversation is cleared.', 'chatello' ),
			'retry'         => __( 'Try again', 'chatello' ),
			'copy'          => __( 'Copy', 'chatello' ),
			'copied'        => __( 'Copied', 'chatello' ),
			'thinking'      => __( 'Writing an answer …', 'chatello' ),
			'searching'     => __( 'Looking through the shop …', 'chatello' ),
			'you'           => __( 'You', 'chatello' ),
			'log'           => __( 'Conversation', 'chatello' ),
			'message'       => __( 'Your message', 'chatello' ),
			'stopped'       => __( 'Stopped.', 'chatello' ),
			'from'          => __( 'from', 'chatello' ),
			'instead'       => __( 'instead of', 'chatello' ),
			'view'          => __( 'View', 'chatello' ),
			'options'       => __( 'Choose options', 'chatello' ),
			'add'           => __( 'Add to cart', 'chatello' ),
			'adding'        => __( 'Adding …', 'chatello' ),
			'added'         => __( 'In the cart', 'chatello' ),
			'cart'          => __( 'Go to the cart', 'chatello' ),
			'addFailed'     => __( 'This could not be put into the cart. Open the product page instead.', 'chatello' ),
			'seeProduct'    => __( '(see the product page)', 'chatello' ),
			'contact'       => __( 'Talk to a person', 'chatello' ),
			'email'         => __( 'E-mail', 'chatello' ),
			'orderTitle'    => __( 'Where is my order?', 'chatello' ),
			'orderNumber'   => __( 'Order number', 'chatello' ),
			'orderEmail'    => __( 'E-mail address of the order', 'chatello' ),
			'orderCheck'    => __( 'Check', 'chatello' ),
			'orderNote'     => __( 'Only the shop sees this, not the AI.', 'chatello' ),
			'orderNotFound' => __( 'There is no such order with this e-mail address. Check both.', 'chatello' ),
			/* translators: 1: number of an order, 2: its date, 3: its status */
			'orderStatus'   => __( 'Order %1$s of %2$s: %3$s', 'chatello' ),
			'offline'       => __( 'You are offline. Your message waits; try again once you are connected.', 'chatello' ),
			'unavailable'   => __( 'The assistant cannot answer just now. Please try again in a moment.', 'chatello' ),
			'quota'         => __( 'The assistant has answered all the questions it can for now. Please come back later or contact the shop.', 'chatello' ),
			'slow'          => __( 'That was a lot at once. Please wait a minute and try again.', 'chatello' ),
			'tooLong'       => __( 'This message is too long. Please shorten it.', 'chatello' ),
			'cut'           => __( 'The answer was cut off.', 'chatello' ),
			'speak'         => __( 'Speak your message', 'chatello' ),
			'listening'     => __( 'Listening … press again to end', 'chatello' ),
			'readAloud'     => __( 'Read aloud', 'chatello' ),
			'stopReading'   => __( 'Stop reading', 'chatello' ),
			'fetchingVoice' => __( 'Getting the voice …', 'chatello' ),
			'speechFailed'  => __( 'This cannot be read aloud just now.', 'chatello' ),
			'voiceNote'     => __( 'Your browser reads aloud; with some voices its maker’s servers do it.', 'chatello' ),
			'speechNote'    => __( 'The text of this answer goes to the shop’s AI service, which speaks it. No sound of yours is sent.', 'chatello' ),
			'audioNote'     => __( 'Your browser turns speech into text; depending on the browser its maker’s servers do it. The shop receives the text only.', 'chatello' ),
			'recordNote'    => __( 'Your recording goes through the shop to its AI service, which turns it into text. It is not kept by the shop.', 'chatello' ),
			'transcribing'  => __( 'Turning speech into text …', 'chatello' ),
			'audioFailed'   => __( 'Nothing was understood. Allow the microphone and try again, or type your message.', 'chatello' ),
			'aiNote'        => __( 'Answers come from an AI and may be wrong.', 'chatello' ),
		);
	}
}
